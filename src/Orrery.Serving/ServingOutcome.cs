using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>An answer: a report, or why there is none.</summary>
/// <param name="Report">Null where the job cannot be laid out or does not fit.</param>
/// <param name="IsNo">The answer is no: no plan, no room, or a service level missed.</param>
public sealed record ServingOutcome(ServingReport? Report, ImmutableArray<Diagnostic> Diagnostics, bool IsNo)
{
    /// <summary>Where the highest rate was asked for; the report is that of a run at it.</summary>
    public MaximumRate? MaximumRate { get; init; }

    /// <summary>Layouts that were run to find the best, the best first; empty where it was not asked for.</summary>
    public ImmutableArray<TriedLayout> Tried { get; init; } = [];

    /// <summary>Splits into pools that were run to find the best, the best first; empty where it was not asked for.</summary>
    public ImmutableArray<TriedSplit> Splits { get; init; } = [];
}
