using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Rings along every side of a torus at once, each on its part of the data, which goes through the sides in another order: all links are in use as in a
/// single <see cref="Ring"/>, and a piece takes half the way round each side instead of a tour of all members.
/// </summary>
/// <remarks>Source: jax-ml/scaling-book, sharding.md: bytes over the bandwidth of all axes, and half of each axis in hops where latency counts.</remarks>
public sealed class TorusRings : Ring
{
    public override string Name => "torus-rings";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => ports.Along > Seconds.Zero && base.Supports(kind, ports);

    protected override Seconds Walk(in GroupPorts ports) => ports.Along;
}
