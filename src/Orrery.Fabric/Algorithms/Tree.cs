using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Two binary trees, each carrying half the data and each member inner in only one of them, so that all ports are used both ways; pieces are
/// pipelined along the trees.
/// </summary>
/// <remarks>Source: P. Sanders, J. Speck and J. L. Träff, "Two-tree algorithms for full bandwidth broadcast, reduction and scan", Parallel Computing 35, 2009.</remarks>
public sealed class Tree : CollectiveAlgorithm
{
    public override string Name => "tree";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind is CollectiveKind.AllReduce or CollectiveKind.Broadcast or CollectiveKind.Reduce or CollectiveKind.Barrier;

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        int trips = kind is CollectiveKind.AllReduce or CollectiveKind.Barrier ? 2 : 1;
        if (kind == CollectiveKind.Barrier)
            return new(trips * ports.Across, Seconds.Zero);

        // Reduction up and broadcast down share the ports, S each way. With two members there is nothing to pass on and S in all crosses.
        double volume = kind == CollectiveKind.AllReduce && ports.Ranks == 2 ? 1 : trips;
        Seconds latency = trips * ports.Across;
        Seconds wire = volume * size / ports.Neighbour;

        // Filling a pipeline of `depth` stages at the best piece size costs 2 sqrt(fill latency x wire time) beyond the two terms.
        Seconds fill = new(2 * Math.Sqrt(Math.Max(0, latency.Value - ports.Far.Value) * wire.Value));
        return new(latency, wire + fill);
    }
}
