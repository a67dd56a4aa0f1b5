using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// The switch adds and multicasts: each member hands in its vector once and takes one result out. Members also fetch and store their own share
/// of the reduction, hence (1 + 1/n) S through each port.
/// </summary>
public sealed class InSwitch : CollectiveAlgorithm
{
    public override string Name => "in-switch";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        ports.ReducesInSwitch && kind is CollectiveKind.AllReduce or CollectiveKind.Barrier && ports.ReducesInSwitch;

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(new(TransferPattern.Switch, kind == CollectiveKind.Barrier ? 0 : (1 + (1.0 / ports.Ranks)) * size.Value, 2));
}
