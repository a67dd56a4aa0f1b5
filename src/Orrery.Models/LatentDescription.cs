namespace Orrery.Models;

/// <summary>
/// Widths of multi-head latent attention (arXiv:2405.04434 section 2.1): queries and keys-values pass through narrow vectors and are widened per head.
/// </summary>
/// <param name="QueryRank">Width of the query's narrow vector; 0 where queries are projected directly.</param>
/// <param name="KvRank">Width of the narrow vector that keys and values share; this and <paramref name="RopeDim"/> are what a cache holds.</param>
/// <param name="NopeDim">Part of a head's queries and keys without rotary positions.</param>
/// <param name="RopeDim">Part with rotary positions; its keys are shared by all heads.</param>
/// <param name="ValueDim">Values of one head.</param>
public sealed record LatentDescription(int QueryRank, int KvRank, int NopeDim, int RopeDim, int ValueDim)
{
    /// <summary>Queries and keys of one head.</summary>
    public int KeyDim => NopeDim + RopeDim;

    /// <summary>Weights of all projections of a layer, norms of the narrow vectors left out.</summary>
    public long ProjectionWeights(long hidden, long heads)
    {
        long query = QueryRank > 0 ? (hidden * QueryRank) + (QueryRank * heads * KeyDim) : hidden * heads * KeyDim;
        long keysValues = (hidden * (KvRank + RopeDim)) + (KvRank * heads * (NopeDim + ValueDim));
        return query + keysValues + (heads * ValueDim * hidden);
    }
}
