using System.Collections.Immutable;

namespace Orrery.Models;

/// <summary>How a layer attends.</summary>
public enum AttentionKind : byte
{
    /// <summary>Multi-head, grouped-query and multi-query attention: they differ by the number of KV heads.</summary>
    Grouped,
}

/// <summary>The attention of one layer.</summary>
/// <param name="Window">Sliding window in tokens; 0 is full attention.</param>
/// <param name="QkNorm">Norms of queries and keys (one per head for Qwen3, over the whole projection for OLMo).</param>
public sealed record AttentionDescription(
    AttentionKind Kind, int Heads, int KvHeads, int HeadDim, int Window, bool HasQkvBias, bool HasOutputBias, QkNormKind QkNorm, bool IsCausal);

public enum QkNormKind : byte
{
    None,

    /// <summary>One weight vector of head dimension, shared by heads.</summary>
    PerHead,

    /// <summary>One weight vector over the whole projection.</summary>
    WholeProjection,
}

/// <summary>The feed-forward part of one layer; <see cref="Experts"/> 0 is dense.</summary>
/// <param name="Width">Inner width of the dense layer or of one expert.</param>
/// <param name="IsGated">SwiGLU style: two input products.</param>
public sealed record FeedForwardDescription(int Width, bool IsGated, bool HasBias, int Experts, int TopK, int SharedExperts, int SharedWidth);

/// <summary>One layer; equal layers are equal values.</summary>
/// <param name="Norms">Norms over the hidden width in one layer (2 pre-norm, 4 when both sides are normed).</param>
/// <param name="NormHasBias">LayerNorm (weight and bias) or RMSNorm (weight only).</param>
public sealed record LayerDescription(AttentionDescription Attention, FeedForwardDescription FeedForward, int Norms, bool NormHasBias);

/// <summary>
/// A network architecture, from a Hugging Face <c>config.json</c> or from the columns of a validation case.
/// </summary>
public sealed record ModelArchitecture
{
    public required string Name { get; init; }

    public required string ModelType { get; init; }

    public required int Hidden { get; init; }

    /// <summary>Distinct layers.</summary>
    public required ImmutableArray<LayerDescription> LayerKinds { get; init; }

    /// <summary>Kind of each layer in order, an index into <see cref="LayerKinds"/>.</summary>
    public required ImmutableArray<byte> LayerOrder { get; init; }

    public required int Vocabulary { get; init; }

    /// <summary>Longest sequence the positions allow.</summary>
    public required int MaxPositions { get; init; }

    public bool TiedEmbeddings { get; init; }

    public bool LearnedPositions { get; init; }

    /// <summary>Token-type embeddings and pooler of BERT.</summary>
    public int TokenTypes { get; init; }

    public bool HasPooler { get; init; }

    /// <summary>Dense + norm transform before the vocabulary projection, and its bias (BERT).</summary>
    public bool HasHeadTransform { get; init; }

    /// <summary>Positions that reach the loss: 1 for causal models, the masked share for BERT pre-training.</summary>
    public double LossPositionFraction { get; init; } = 1;

    public bool FinalNorm { get; init; } = true;

    public bool FinalNormHasBias { get; init; }

    public int Layers => LayerOrder.Length;
}
