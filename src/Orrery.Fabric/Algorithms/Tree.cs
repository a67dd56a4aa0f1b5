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

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps)
    {
        int trips = Trips(kind);
        if (kind == CollectiveKind.Barrier)
        {
            steps.Add(new(TransferPattern.Trees, 0, trips));
            return;
        }

        // Reduction up and broadcast down share the ports, S each way. With two members there is nothing to pass on and S in all crosses.
        double volume = kind == CollectiveKind.AllReduce && ports.Ranks == 2 ? 1 : trips;
        CollectiveStep step = new(TransferPattern.Trees, volume * size.Value, trips) { ThereAndBack = kind == CollectiveKind.AllReduce };
        double latency = trips * ports.LatencyOf(TransferPattern.Trees), wire = step.Bytes / ports.RateOf(step);

        // Filling a pipeline of `depth` stages at the best piece size costs 2 sqrt(fill latency x wire time) beyond the two terms.
        double fill = 2 * Math.Sqrt(Math.Max(0, latency - ports.Far.Value) * wire);
        steps.Add(step with { Fill = new(fill) });
    }
}
