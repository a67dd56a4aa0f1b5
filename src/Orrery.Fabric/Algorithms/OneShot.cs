using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Every member sends its whole vector to every other, which adds them up: one step, for small all-reduces. The kernels of serving libraries, by constants fitted for library and chip.
/// </summary>
public sealed class OneShot : CollectiveAlgorithm
{
    public override string Name => "one-shot";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind == CollectiveKind.AllReduce && ports.Protocols?[kind] is { LowShare: > 0, IsOneShot: true };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(ports.Protocols![kind]!.Value.LowLatency(kind, size, ports));
}
