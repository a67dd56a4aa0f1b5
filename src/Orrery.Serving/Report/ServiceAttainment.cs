namespace Orrery.Serving;

/// <summary>How a run kept a service level; shares of all requests, those refused count as missed.</summary>
/// <param name="All">Keep every limit.</param>
/// <param name="FirstToken">Keep the time to the first token; null where there is no such limit.</param>
/// <param name="Limit">The limit that is missed most, in words; empty where the level is kept.</param>
public sealed record ServiceAttainment(double All, double? FirstToken, double? PerToken, double? EndToEnd, string Limit);
