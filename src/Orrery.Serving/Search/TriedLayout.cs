namespace Orrery.Serving;

/// <summary>A layout that was run, and how it did.</summary>
/// <param name="Plan">The layout.</param>
/// <param name="MaxBatch">Most running sequences of a replica.</param>
/// <param name="MaximumRate">Highest rate, where that was asked for; 0 where none keeps the level.</param>
/// <param name="Attainment">Share of the requests that keep the level; null where none was asked for.</param>
/// <param name="EndToEnd">Mean time of a whole answer, in seconds.</param>
/// <param name="OutputTokensPerSecond">Of the whole job.</param>
public sealed record TriedLayout(
    ServingPlan Plan, int MaxBatch, double? MaximumRate, double? Attainment, double EndToEnd, double OutputTokensPerSecond);
