namespace Orrery.Fabric;

/// <summary>Flows of a collective that start together.</summary>
/// <param name="Latency">Time before they start, s.</param>
/// <param name="Flows">The flows.</param>
/// <param name="Fill">Time after the last of them has ended, s.</param>
internal readonly record struct FlowStage(double Latency, FlowSet Flows, double Fill);
