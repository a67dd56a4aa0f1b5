using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>NVLink's reduction in the switch, by constants fitted for the chip.</summary>
public sealed class InSwitchProtocol : CollectiveAlgorithm
{
    public override string Name => "nccl-in-switch";

    public override bool IncludesLaunch => true;

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind == CollectiveKind.AllReduce && ports.ReducesInSwitch && ports.Protocols?[kind] is { SwitchShare: > 0 };

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(ports.Protocols![kind]!.Value.InSwitch(size, ports));
}
