namespace Orrery.Serving;

/// <summary>How one engine schedules, and what its cache holds.</summary>
public sealed record EngineOptions
{
    public required BatchingPolicy Batching { get; init; }

    /// <summary>Which part of a request it works on.</summary>
    public EngineRole Role { get; init; }

    /// <summary>
    /// Where prompts and answers have engines of their own: the first token is made by the engine of answers, which works on the prompt's last token
    /// again; that of the engine of prompts is thrown away.
    /// </summary>
    public bool AnswersBegin { get; init; }

    /// <summary>Most tokens of one iteration.</summary>
    public required int TokenBudget { get; init; }

    /// <summary>Ranks that attend for different sequences: each works on prompts of its own, so that one prompt has no more than its rank's part of the budget.</summary>
    public int AttentionRanks { get; init; } = 1;

    /// <summary>Most running sequences.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>When it looks at new requests, and whether it holds their prompts back.</summary>
    public AdmissionPace Pace { get; init; } = AdmissionPace.AtOnce;

    /// <summary>Tokens of one block of the cache.</summary>
    public required int BlockTokens { get; init; }

    /// <summary>Bytes of the cache on one rank.</summary>
    public required long CacheBytes { get; init; }

    /// <summary>What a sequence keeps on one rank.</summary>
    public required KvLayout Layout { get; init; }

    /// <summary>Admission asks for room for the whole answer.</summary>
    public required bool ReservesOutput { get; init; }

    /// <summary>Share of the cache that admission leaves free for those that run.</summary>
    public required double Watermark { get; init; }

    /// <summary>Blocks of prompts are kept for requests that begin with the same text, where the trace tells.</summary>
    public bool CachesPrefixes { get; init; }

    /// <summary>Tokens that are proposed and how many of them are accepted; the default proposes none.</summary>
    public AcceptedTokens Speculation { get; init; }

    /// <summary>Sequences that lose their blocks keep them in the host's memory while it has room; otherwise they are worked on again.</summary>
    public bool Swaps { get; init; }

    /// <summary>Blocks of prompts that the device has no room for live on in the host's memory.</summary>
    public bool HostKeepsPrompts { get; init; } = true;

    /// <summary>Bytes of the host's memory for blocks of one rank: of prompts that the device has no room for, and of sequences swapped out.</summary>
    public long HostBytes { get; init; }

    /// <summary>Bytes a second between the host's memory and one rank's, in each direction.</summary>
    public double HostRate { get; init; } = double.PositiveInfinity;

    /// <summary>Ticks of waiting that make up for one class of priority; 0 where classes are strict.</summary>
    public long Ageing { get; init; }

    /// <summary>What the first iteration takes longer, in ticks.</summary>
    public long ColdStart { get; init; }

    /// <summary>
    /// Iterations that are alike are run one by one instead of together: the same result in many times the time, to test that it is the same.
    /// </summary>
    public bool StepsSingly { get; init; }

    /// <summary>The batch and the cache are checked after every iteration: always in Debug builds, in others where tests ask for it.</summary>
#if DEBUG
    public bool ChecksInvariants { get; init; } = true;
#else
    public bool ChecksInvariants { get; init; }
#endif
}
