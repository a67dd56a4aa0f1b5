namespace Orrery.Engine;

/// <summary>Something that occupied one stream of one stage for a while; a bar of a timeline.</summary>
/// <param name="Stage">Group of rows: a pipeline stage, a rank, a server.</param>
/// <param name="Stream">Row within the group: <c>compute</c>, <c>network</c>.</param>
/// <param name="Name">What is written on the bar.</param>
/// <param name="StartTicks">From the start of the run; not negative.</param>
/// <param name="DurationTicks">Not negative.</param>
/// <param name="Category">What kind of work it is, for colours and filters: <c>forward</c>, <c>backward</c>, <c>all-reduce</c>.</param>
public readonly record struct TimelineEvent(int Stage, string Stream, string Name, long StartTicks, long DurationTicks, string Category);
