using System.Collections.Immutable;
using Orrery.Accounting;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Everything a serving run tells.</summary>
public sealed record ServingReport
{
    public required ServingRequest Request { get; init; }

    public required ServingPlan Plan { get; init; }

    public required ServingMemory Memory { get; init; }

    public required int RanksPerChip { get; init; }

    /// <summary>Names of what was chosen, not asked for.</summary>
    public required ImmutableArray<string> Chosen { get; init; }

    /// <summary>From sending to the first token.</summary>
    public required Distribution FirstToken { get; init; }

    /// <summary>Between tokens after the first, means of requests; answers of one token are left out.</summary>
    public required Distribution PerToken { get; init; }

    /// <summary>From sending to the last token.</summary>
    public required Distribution EndToEnd { get; init; }

    /// <summary>Where prompts have a pool of their own: what is told of each pool and of the way between them.</summary>
    public PoolReport? Pools { get; init; }

    /// <summary>From the first arrival to the last token.</summary>
    public required Seconds Duration { get; init; }

    public required int Requests { get; init; }

    public required int Refused { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double InputTokensPerSecond { get; init; }

    public required double OutputTokensPerSecond { get; init; }

    /// <summary>Null where no service level was asked for.</summary>
    public required ServiceAttainment? Attainment { get; init; }

    /// <summary>Share of the engines' time in which an iteration ran.</summary>
    public required double Utilization { get; init; }

    /// <summary>Mean of running sequences of one engine while it was busy.</summary>
    public required double MeanBatch { get; init; }

    /// <summary>Room for the cache in all ranks.</summary>
    public required Bytes CacheCapacity { get; init; }

    /// <summary>Mean share of it in use while engines were busy.</summary>
    public required double CacheMeanShare { get; init; }

    /// <summary>Largest share of one engine's cache in use.</summary>
    public required double CachePeakShare { get; init; }

    /// <summary>Prompt tokens that were in the cache already over all prompt tokens; null where the trace says nothing of prefixes.</summary>
    public required double? PrefixHitShare { get; init; }

    public required long Preemptions { get; init; }

    /// <summary>Proposed tokens, the host's memory, classes of priority.</summary>
    public required EngineFigures Engine { get; init; }

    /// <summary>Where the engines' busy time went, all engines together.</summary>
    public required TimeShares Shares { get; init; }

    /// <summary>Engines' time all together, idle included, in seconds.</summary>
    public required double EngineSeconds { get; init; }

    public required EnergyUse Energy { get; init; }

    public required CostOfRun Cost { get; init; }

    /// <summary>Requests that came by themselves; null where they wait for answers, or all come at once.</summary>
    public OfferedLoad? Load { get; init; }

    /// <summary>Dollars for a million tokens of prompts and answers together; null where no price is known.</summary>
    public double? UsdPerMillionTokens => Cost.UsdPerHour is { } hourly && InputTokensPerSecond + OutputTokensPerSecond > 0
        ? hourly / 3600 / (InputTokensPerSecond + OutputTokensPerSecond) * 1e6
        : null;

    /// <summary>What limits the run, most important first.</summary>
    public required ImmutableArray<string> Limits { get; init; }

    /// <summary>Standard deviation of the logarithm of an iteration's time, and where it comes from.</summary>
    public required double Sigma { get; init; }

    public required ImmutableArray<string> Provenance { get; init; }

    /// <summary>Seconds from the device to the client, in every request's times.</summary>
    public required double ClientDelay { get; init; }

    /// <summary>The book of the run, for whoever wants each request.</summary>
    public required RequestBook Book { get; init; }

    /// <summary>Statistics of each engine.</summary>
    public required ImmutableArray<ReplicaStatistics> Engines { get; init; }
}
