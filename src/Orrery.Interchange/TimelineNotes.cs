using System.Collections.Immutable;

namespace Orrery.Interchange;

/// <summary>What a timeline shows beside its bars.</summary>
public sealed record TimelineNotes
{
    /// <summary>Titles of stages by number, in place of the stage's word and number; empty where those will do.</summary>
    public ImmutableArray<string> StageNames { get; init; } = [];

    /// <summary>Number and title of the group of rows that holds slices and counters.</summary>
    public int Stage { get; init; }

    /// <inheritdoc cref="Stage"/>
    public string StageName { get; init; } = "";

    /// <summary>Things that overlap one another, such as requests; those of one id stand together, the first around the others.</summary>
    public ImmutableArray<TimelineSlice> Slices { get; init; } = [];

    /// <summary>Values over time.</summary>
    public ImmutableArray<TimelineCounter> Counters { get; init; } = [];
}
