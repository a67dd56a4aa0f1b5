using System.Collections.Immutable;

namespace Orrery.Models.Families;

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

/// <summary>Which layers attend within a window or within chunks.</summary>
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

    /// <summary>Within chunks of <c>attention_chunk_size</c>, all but every Nth layer, N from <c>no_rope_layer_interval</c>.</summary>
    Chunks,
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

    /// <summary><c>num_local_experts</c> every <c>interleave_moe_layer_step</c> layers beside one shared expert; dense layers are <c>intermediate_size_mlp</c> wide.</summary>
    Llama4,

    /// <summary><c>n_routed_experts</c> in the layers that the pattern marks, perhaps of narrowed tokens, beside one shared expert of its own width.</summary>
    Nemotron,
}

/// <summary>Where layers have something else than attention.</summary>
internal enum MixerRule : byte
{
    /// <summary>Attention in every layer.</summary>
    Attention,

    /// <summary>Mamba-2 in every layer, nothing else.</summary>
    Mamba2,

    /// <summary>One part a layer by <c>hybrid_override_pattern</c>: M Mamba-2, * attention, - feed-forward, E experts.</summary>
    Nemotron,

    /// <summary>Gated delta rule by <c>layer_types</c> or all but every <c>full_attention_interval</c>-th layer.</summary>
    GatedDelta,

    /// <summary>Lightning attention by <c>layer_types</c> or <c>attn_type_list</c>.</summary>
    Lightning,
}

/// <summary>How the number of heads of keys and values is written.</summary>
internal enum KvHeadRule : byte
{
    /// <summary>One key; as many as queries where it is left out.</summary>
    Key,

    /// <summary>One head with <c>multi_query</c>, unless <c>new_decoder_architecture</c> makes it a number.</summary>
    Falcon,

    /// <summary>Inside <c>attn_config</c>.</summary>
    Mpt,
}

/// <summary>What passes a text on its way into a diffusion model that attends to it beside the image.</summary>
internal enum JointTextRule : byte
{
    /// <summary>One product; blocks with weights for text and image each, then blocks with one set for both.</summary>
    Projected,

    /// <summary>A norm and one product; blocks with weights for each only.</summary>
    Separate,

    /// <summary>One product and layers of its own; then as <see cref="Projected"/>.</summary>
    Refined,
}

/// <summary>Which builder reads a family.</summary>
internal enum ArchitectureShape : byte
{
    /// <summary>One stack of layers over one sequence.</summary>
    Decoder,

    /// <summary>An encoder's layers, then a decoder's that attend to them.</summary>
    EncoderDecoder,

    /// <summary>A decoder of several codebooks, conditioned on a text by cross-attention.</summary>
    CodebookDecoder,

    /// <summary>Image diffusion: adaptive norms by a product in every block.</summary>
    ImageDiffusion,

    /// <summary>Video diffusion: text cross-attention, adaptive norms by a table in every block.</summary>
    VideoDiffusion,

    /// <summary>Image and video diffusion with text and image as one sequence.</summary>
    JointDiffusion,

    /// <summary>An encoder of sounds and a decoder of text.</summary>
    Speech,

    /// <summary>A vision tower before a text model, each in a configuration of its own.</summary>
    Multimodal,
}

/// <summary>
/// What the name of a model type means for shape, as the published model code defines it. A family that differs only in these
/// settings is one more row in <see cref="ModelFamilies"/>.
/// </summary>
internal sealed record ModelFamily
{
    public required ImmutableArray<string> ModelTypes { get; init; }

    public ArchitectureShape Shape { get; init; }

    public KeyNames Keys { get; init; } = KeyNames.Common;

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

    /// <summary><see cref="QkNorm"/> holds only where <c>use_qk_norm</c> is true.</summary>
    public bool QkNormNeedsKey { get; init; }

    /// <summary>Meaning of a missing <c>tie_word_embeddings</c>.</summary>
    public bool IsTiedByDefault { get; init; }

    public bool LearnedPositions { get; init; }

    /// <summary>Meaning of a missing <c>max_position_embeddings</c>; 0 demands the key.</summary>
    public int DefaultPositions { get; init; }

    /// <summary>Meaning of a missing <c>head_dim</c>; 0 is hidden over heads.</summary>
    public int DefaultHeadDim { get; init; }

    /// <summary>Meaning of a missing inner width, in hidden widths; 0 demands the key.</summary>
    public int DefaultWidthFactor { get; init; }

    public KvHeadRule KvHeads { get; init; }

    public WindowRule Windows { get; init; }

    /// <summary>Meaning of a missing <c>sliding_window_pattern</c> or <c>no_rope_layer_interval</c>.</summary>
    public int DefaultWindowPattern { get; init; }

    public ExpertRule Experts { get; init; }

    /// <summary>The router adds a learned number for each expert.</summary>
    public bool HasRouterBias { get; init; }

    public MixerRule Mixers { get; init; }

    /// <summary>Each head has a learned score of its own in the softmax.</summary>
    public bool HasSinks { get; init; }

    /// <summary>The query projection makes a gate for the output too.</summary>
    public bool HasOutputGate { get; init; }

    /// <summary>The published count of active weights leaves out the input embedding.</summary>
    public bool ActiveLeavesOutEmbedding { get; init; }

    /// <summary>Multi-head latent attention: <c>q_lora_rank</c>, <c>kv_lora_rank</c> and the widths of a head.</summary>
    public bool IsLatent { get; init; }

    /// <summary>Token types, pooler, embedding norm and masked-token head of BERT.</summary>
    public bool IsBert { get; init; }

    /// <summary>Numbers for distances stand in every layer instead of once a side (encoder-decoder models).</summary>
    public bool HasTableInEveryLayer { get; init; }

    /// <summary>How the text joins, in diffusion models that attend to it beside the image.</summary>
    public JointTextRule JointText { get; init; }

    /// <summary>Class name in the published library's files, which have no model type; empty for families that have one.</summary>
    public string ClassName { get; init; } = "";

    /// <summary>Meaning of a missing <c>text_len</c>.</summary>
    public int TextTokens { get; init; }

    /// <summary>Frames and pixels of one latent of the published autoencoder, where <c>vae_stride</c> is missing.</summary>
    public int FrameStride { get; init; } = 1;

    /// <inheritdoc cref="FrameStride"/>
    public int PixelStride { get; init; } = 8;

    /// <summary>Where the text model of a multimodal configuration does not name its type: this one.</summary>
    public string TextModelType { get; init; } = "";

    /// <summary>
    /// Keys that a configuration inside another leaves out, with the published defaults: libraries write only the differences there.
    /// </summary>
    public ImmutableArray<(string Key, int Value)> NestedDefaults { get; init; } = [];
}
