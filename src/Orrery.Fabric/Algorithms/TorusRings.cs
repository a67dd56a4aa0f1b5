using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Rings along every side of a torus at once, each on its part of the data, which goes through the sides in another order: all links are in use as in
/// <see cref="Ring"/>, and a piece takes half the way round each side instead of a tour of all members.
/// </summary>
/// <remarks>Source: jax-ml/scaling-book, sharding.md: bytes over the bandwidth of all axes, and half of each axis in hops where latency counts.</remarks>
public sealed class TorusRings : CollectiveAlgorithm
{
    public override string Name => "torus-rings";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Along > Seconds.Zero && ports.Sides.Value > 0
        && kind is CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter or CollectiveKind.Barrier && ports.Along > Seconds.Zero;

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) =>
        steps.Add(new(TransferPattern.Sides, kind == CollectiveKind.Barrier ? 0 : Trips(kind) * Others(ports.Ranks) * size.Value, Trips(kind)));
}
