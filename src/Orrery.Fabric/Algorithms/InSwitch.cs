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

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports) => kind == CollectiveKind.Barrier
        ? new(2 * ports.Far, Seconds.Zero)
        : new(2 * ports.Far, (1 + (1.0 / ports.Ranks)) * size / ports.Neighbour);
}
