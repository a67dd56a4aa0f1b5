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

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps)
    {
        ProtocolConstants constants = ports.Protocols![kind]!.Value;
        steps.Add(new(TransferPattern.Switch, (1 + (1.0 / ports.Ranks)) * size.Value, 0) { Fixed = new(constants.SwitchBase), Share = constants.SwitchShare });
    }
}
