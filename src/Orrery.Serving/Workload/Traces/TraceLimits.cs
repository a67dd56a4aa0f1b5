namespace Orrery.Serving;

/// <summary>What a trace file may hold.</summary>
/// <param name="ContextTokens">Most tokens of a prompt and its answer together: the model's positions, or fewer.</param>
/// <param name="MostRequests">More are not read.</param>
public readonly record struct TraceLimits(int ContextTokens, int MostRequests)
{
    /// <summary>No request is this long; a length beyond it is a broken line.</summary>
    public const int AbsurdTokens = 1 << 26;

    /// <summary>Images of one request beyond which a line is broken.</summary>
    public const int AbsurdImages = 1 << 16;

    /// <summary>Seconds after the first request that the clock of a run spans: a hundred days.</summary>
    public const double LongestSpan = 100 * 86400.0;

    /// <summary>Seconds from the first request beyond which a time is a broken line: a hundred years.</summary>
    public const double AbsurdSpan = 100 * 365.25 * 86400;

    /// <summary>Lines that cannot be read after which no more are tried.</summary>
    public const int MostMistakes = 1000;

    /// <summary>Times its size that a compressed file may expand to, once it has <see cref="FreelyExpanded"/>: no list of requests repeats itself so much.</summary>
    public const int MostExpansion = 500;

    /// <summary>Bytes that any compressed file may expand to.</summary>
    public const long FreelyExpanded = 64 << 20;

    /// <summary>Requests that a reader takes when nobody asks for fewer.</summary>
    public const int UsualRequests = 20_000_000;

    /// <summary>Any context, twenty million requests.</summary>
    public static TraceLimits Default => new(int.MaxValue, UsualRequests);
}
