using System.Collections.Immutable;

namespace Orrery.Models;

/// <summary>How a layer attends.</summary>
public enum AttentionKind : byte
{
    /// <summary>Multi-head, grouped-query and multi-query attention: they differ by the number of KV heads.</summary>
    Grouped,

    /// <summary>Keys and values are products of a small shared vector (multi-head latent attention).</summary>
    Latent,
}

/// <summary>The attention of one layer.</summary>
/// <param name="Window">Sliding window in tokens; 0 is full attention.</param>
/// <param name="QkNorm">Norms of queries and keys (one per head for Qwen3, over the whole projection for OLMo).</param>
public sealed record AttentionDescription(
    AttentionKind Kind, int Heads, int KvHeads, int HeadDim, int Window, bool HasQkvBias, bool HasOutputBias, QkNormKind QkNorm, bool IsCausal)
{
    /// <summary>
    /// Multi-head latent attention; null for others. Its heads have queries and keys wider than values, so <see cref="HeadDim"/> is then the mean of the
    /// two: score and value products, and the bytes of queries, keys, values and outputs together, are those of heads of that width.
    /// </summary>
    public LatentDescription? Latent { get; init; }

    /// <summary>Output width of the query projection, input width of the output projection.</summary>
    public int QueryWidth => Heads * HeadDim;

    /// <summary>Output width of the key projection, and of the value projection.</summary>
    public int KvWidth => KvHeads * HeadDim;
}

/// <summary>Normalisation of queries and keys before the scores.</summary>
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
public sealed record FeedForwardDescription(int Width, bool IsGated, bool HasBias, int Experts, int TopK, int SharedExperts, int SharedWidth)
{
    /// <summary>The router adds a learned number to each expert's score.</summary>
    public bool HasRouterBias { get; init; }
}

/// <summary>One layer; equal layers are equal values.</summary>
/// <param name="Norms">Norms over the hidden width in one layer (2 pre-norm or post-norm, 4 when both sides are normed).</param>
/// <param name="NormHasBias">LayerNorm (weight and bias) or RMSNorm (weight only).</param>
/// <param name="NormHasWeight">False for the parameter-free LayerNorm of the first OLMo.</param>
public sealed record LayerDescription(
    AttentionDescription Attention, FeedForwardDescription FeedForward, int Norms, bool NormHasBias, bool NormHasWeight = true);

/// <summary>
/// A network architecture, from a Hugging Face <c>config.json</c> or from the columns of a validation case.
/// Two architectures with equal shapes are equal values.
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

    /// <summary>The output projection is the input embedding: one matrix, counted once, multiplied once.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>A learned vector for each of <see cref="MaxPositions"/> positions.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Token-type embeddings of BERT; 0 is none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>A norm right after the embeddings (BERT).</summary>
    public bool HasEmbeddingNorm { get; init; }

    /// <summary>A square product on the first position (BERT).</summary>
    public bool HasPooler { get; init; }

    /// <summary>Dense + norm transform before the vocabulary projection, and its bias (BERT).</summary>
    public bool HasHeadTransform { get; init; }

    /// <summary>Positions that reach the loss: 1 for causal models, the masked share for BERT pre-training.</summary>
    public double LossPositionFraction { get; init; } = 1;

    public bool FinalNorm { get; init; } = true;

    public bool FinalNormHasBias { get; init; }

    public bool FinalNormHasWeight { get; init; } = true;

    public int Layers => LayerOrder.Length;

    /// <summary>The layer at a depth, from 0.</summary>
    public LayerDescription Layer(int depth) => LayerKinds[LayerOrder[depth]];

    /// <summary>The same network cut to its first layers, as benchmarks of few layers do; kinds that no longer occur stay listed.</summary>
    /// <param name="layers">1 or more; more than the model has repeats its last layer.</param>
    public ModelArchitecture WithLayers(int layers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ImmutableArray<byte>.Builder order = ImmutableArray.CreateBuilder<byte>(layers);
        for (int depth = 0; depth < layers; depth++)
            order.Add(LayerOrder[Math.Min(depth, LayerOrder.Length - 1)]);
        return this with { LayerOrder = order.MoveToImmutable() };
    }

    public bool Equals(ModelArchitecture? other) =>
        other is not null
        && Name == other.Name && ModelType == other.ModelType && Hidden == other.Hidden && Vocabulary == other.Vocabulary
        && MaxPositions == other.MaxPositions && TiedEmbeddings == other.TiedEmbeddings && LearnedPositions == other.LearnedPositions
        && TokenTypes == other.TokenTypes && HasEmbeddingNorm == other.HasEmbeddingNorm && HasPooler == other.HasPooler
        && HasHeadTransform == other.HasHeadTransform && LossPositionFraction.Equals(other.LossPositionFraction)
        && FinalNorm == other.FinalNorm && FinalNormHasBias == other.FinalNormHasBias && FinalNormHasWeight == other.FinalNormHasWeight
        && LayerOrder.AsSpan().SequenceEqual(other.LayerOrder.AsSpan()) && LayerKinds.AsSpan().SequenceEqual(other.LayerKinds.AsSpan());

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(ModelType, StringComparer.Ordinal);
        hash.Add(Hidden);
        hash.Add(Vocabulary);
        hash.Add(LayerOrder.Length);
        foreach (LayerDescription kind in LayerKinds)
            hash.Add(kind);
        return hash.ToHashCode();
    }
}
