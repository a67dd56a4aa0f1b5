namespace Orrery.Serving;

/// <summary>How many bytes a prompt's keys and values are on their way to an engine of answers.</summary>
/// <remarks>
/// Every rank of the receiving group takes what it will keep: whole blocks of the layers that keep everything, the windows of those that keep a window,
/// states. Heads that several ranks keep, and latent vectors, which all do, go to each of them. Ranks that send hold them too, in another cut where the
/// groups differ, and share the sending out evenly.
/// </remarks>
/// <param name="layout">What a receiving rank keeps.</param>
/// <param name="blockTokens">Tokens of a block there.</param>
/// <param name="ranks">Receiving ranks: tensor-parallel ones of all stages.</param>
/// <param name="layers">Layers of the model, of which the last can only go when the prompt is done.</param>
public sealed class KvCargo(KvLayout layout, int blockTokens, int ranks, int layers)
{
    private readonly long blockBytes = layout.BlockBytes(blockTokens);

    /// <summary>Bytes of a prompt of so many tokens, all ranks together.</summary>
    public long Bytes(int tokens)
    {
        long blocks = ((long)tokens + blockTokens - 1) / blockTokens;
        return ranks * ((blocks * blockBytes) + layout.FixedBytes(tokens, blockTokens));
    }

    /// <summary>Of <paramref name="bytes"/>, those of one layer.</summary>
    public long OfLayer(long bytes) => bytes / Math.Max(1, layers);
}
