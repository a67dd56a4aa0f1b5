using System.Collections.Immutable;

namespace Orrery.Models;

/// <summary>Whether products of a family have biases.</summary>
internal enum BiasRule : byte
{
    Never,
    Always,

    /// <summary>The key says so; false where it is left out.</summary>
    KeyDefaultOff,

    /// <summary>The key says so; true where it is left out.</summary>
    KeyDefaultOn,
}

/// <summary>Which layers attend within a window.</summary>
internal enum WindowRule : byte
{
    /// <summary>None; <c>sliding_window</c> is no key of the family.</summary>
    None,

    /// <summary>All layers where <c>sliding_window</c> is given.</summary>
    AllLayers,

    /// <summary>With <c>use_sliding_window</c>, layers from <c>max_window_layers</c> on.</summary>
    UpperLayers,

    /// <summary>All but every Nth layer, N from <c>sliding_window_pattern</c>; <c>layer_types</c> where given.</summary>
    Pattern,
}

/// <summary>How experts are described.</summary>
internal enum ExpertRule : byte
{
    None,

    /// <summary><c>num_local_experts</c>, every layer, each as wide as <c>intermediate_size</c>.</summary>
    Mixtral,

    /// <summary>
    /// <c>n_routed_experts</c> of <c>moe_intermediate_size</c> beside <c>n_shared_experts</c> of the same width, after <c>first_k_dense_replace</c> dense layers.
    /// </summary>
    DeepSeek,

    /// <summary><c>num_experts</c> of <c>moe_intermediate_size</c>, layers by <c>decoder_sparse_step</c> and <c>mlp_only_layers</c>.</summary>
    Qwen,
}

/// <summary>
/// What the name of a model type means for shape, as the published model code defines it. A family that differs only in these
/// settings is one more row in <see cref="ModelFamilies"/>.
/// </summary>
internal sealed record ModelFamily
{
    public required ImmutableArray<string> ModelTypes { get; init; }

    public bool IsGated { get; init; } = true;

    /// <summary>Norms carry a bias (LayerNorm) beside the weight.</summary>
    public bool NormHasBias { get; init; }

    public bool NormHasWeight { get; init; } = true;

    public int Norms { get; init; } = 2;

    public bool HasFinalNorm { get; init; } = true;

    public bool IsCausal { get; init; } = true;

    public BiasRule QkvBias { get; init; }

    public BiasRule OutputBias { get; init; }

    public BiasRule FeedForwardBias { get; init; }

    public QkNormKind QkNorm { get; init; }

    /// <summary>Meaning of a missing <c>tie_word_embeddings</c>.</summary>
    public bool IsTiedByDefault { get; init; }

    public bool LearnedPositions { get; init; }

    /// <summary>Meaning of a missing <c>max_position_embeddings</c>; 0 demands the key.</summary>
    public int DefaultPositions { get; init; }

    /// <summary>Meaning of a missing <c>head_dim</c>; 0 is hidden over heads.</summary>
    public int DefaultHeadDim { get; init; }

    public WindowRule Windows { get; init; }

    /// <summary>Meaning of a missing <c>sliding_window_pattern</c>.</summary>
    public int DefaultWindowPattern { get; init; }

    public ExpertRule Experts { get; init; }

    /// <summary>Keys are <c>n_embd</c>, <c>n_layer</c>... and the inner width is 4 times hidden where left out.</summary>
    public bool UsesGpt2Names { get; init; }

    /// <summary>Multi-head latent attention: <c>q_lora_rank</c>, <c>kv_lora_rank</c> and the widths of a head.</summary>
    public bool IsLatent { get; init; }

    /// <summary>Token types, pooler, embedding norm and masked-token head of BERT.</summary>
    public bool IsBert { get; init; }
}
