namespace Orrery.Catalog;

/// <summary>
/// How a machine of one's own differs from the catalogue's in one scope, inside a scale-up domain or between domains: factors, so that whatever a
/// library's algorithms are made of moves alike.
/// </summary>
/// <param name="Startup">On every fixed time: start-up of a collective, a step, a message, the latency of the links.</param>
/// <param name="Bandwidth">On the share of the links' rate that is reached; the share itself stays at most 1.</param>
/// <param name="Sigma">Standard deviation of log(measured / predicted) on rows that were not fitted.</param>
/// <param name="Rows">Measurements behind it.</param>
public sealed record ScopeOverlay(double Startup, double Bandwidth, double Sigma, int Rows);
