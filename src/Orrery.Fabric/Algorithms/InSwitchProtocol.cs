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

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports) =>
        ports.Protocols![kind]!.Value.InSwitch(size.Value, ports.Ranks, ports.Rated.Value);
}
