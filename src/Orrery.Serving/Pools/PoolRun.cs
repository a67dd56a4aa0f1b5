namespace Orrery.Serving;

/// <summary>What a run of two pools has beside the engines of answers.</summary>
/// <param name="Prompts">The engines of prompts.</param>
/// <param name="Link">Between the pools.</param>
/// <param name="Times">What is summed over the way between them.</param>
public sealed record PoolRun(ServingRun Prompts, KvLink Link, PoolTimes Times);
