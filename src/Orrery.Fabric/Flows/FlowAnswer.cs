using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>A collective as flows.</summary>
/// <param name="Time">Launch and latency included.</param>
/// <param name="Algorithm">How it was done.</param>
/// <param name="Bottleneck">The link that was busy longest: its level, or its name where links have faults; <c>latency</c> where that is more.</param>
/// <param name="Detour">Links of the first message that left its usual way because of a fault; empty for none.</param>
/// <param name="Flows">Flows that were run, those alike counted once.</param>
public sealed record FlowAnswer(Seconds Time, string Algorithm, string Bottleneck, string Detour, int Flows)
{
    /// <summary>Time on the machine without its faults; null where it has none. A fault is never counted as a gain, though a way round may be the wider one.</summary>
    public Seconds? Healthy { get; init; }
}
