namespace Orrery.Serving;

/// <summary>What a trace file may hold.</summary>
/// <param name="ContextTokens">Most tokens of a prompt and its answer together: the model's positions, or fewer.</param>
/// <param name="MostRequests">More are not read.</param>
public readonly record struct TraceLimits(int ContextTokens, int MostRequests)
{
    /// <summary>No request is this long; a length beyond it is a broken line.</summary>
    public const int AbsurdTokens = 1 << 26;

    /// <summary>Any context, twenty million requests.</summary>
    public static TraceLimits Default => new(int.MaxValue, 20_000_000);
}
