namespace Orrery.Models;

/// <summary>Attention of a layer's tokens to another text: the encoder's output, or what a generator is conditioned on. Every query sees all of it.</summary>
/// <param name="SourceWidth">Width of the other text's vectors; 0 is the layer's own.</param>
/// <param name="Source">The other text; its keys and values are projected in every layer.</param>
public sealed record CrossAttentionDescription(
    int Heads, int KvHeads, int HeadDim, int SourceWidth, TokenStream Source, bool HasQkvBias, bool HasOutputBias, QkNormKind QkNorm)
{
    /// <summary>Queries and values have biases and keys have none.</summary>
    public bool LeavesOutKeyBias { get; init; }

    /// <summary>Output width of the query projection.</summary>
    public int QueryWidth => Heads * HeadDim;

    /// <summary>Output width of the key projection, and of the value projection.</summary>
    public int KvWidth => KvHeads * HeadDim;

    /// <summary>Weights that each token of the layer is multiplied with: queries and output.</summary>
    public long TokenWeights(long hidden) => 2 * hidden * QueryWidth;

    /// <summary>Weights that each token of the other text is multiplied with: keys and values.</summary>
    public long SourceWeights(long hidden) => 2L * (SourceWidth > 0 ? SourceWidth : hidden) * KvWidth;
}
