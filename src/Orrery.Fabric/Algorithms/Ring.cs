using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Members pass pieces around a ring: n - 1 steps of S/n each for all-gather and reduce-scatter, twice that for all-reduce. As many disjoint
/// rings run side by side as the ports have links, so the whole port is used.
/// </summary>
/// <remarks>Source: P. Patarasuk and X. Yuan, "Bandwidth optimal all-reduce algorithms for clusters of workstations", JPDC 69, 2009.</remarks>
public class Ring : CollectiveAlgorithm
{
    public override string Name => "ring";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => kind is CollectiveKind.AllReduce or CollectiveKind.AllGather
        or CollectiveKind.ReduceScatter or CollectiveKind.Broadcast or CollectiveKind.Reduce or CollectiveKind.Barrier;

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports) => kind switch
    {
        CollectiveKind.AllReduce => new(2 * Walk(ports), 2 * Others(ports.Ranks) * size / ports.Neighbour),
        CollectiveKind.Barrier => new(2 * Walk(ports), Seconds.Zero),

        // A chain in small pieces: the last member starts when the first piece has walked the chain.
        CollectiveKind.Broadcast or CollectiveKind.Reduce => new(Walk(ports), size / ports.Neighbour),
        _ => new(Walk(ports), Others(ports.Ranks) * size / ports.Neighbour),
    };

    /// <summary>Latency of one trip of the ring.</summary>
    protected virtual Seconds Walk(in GroupPorts ports) => ports.Around;
}
