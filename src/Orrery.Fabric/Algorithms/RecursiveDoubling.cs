using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Recursive halving and doubling: log2 n exchanges at doubling distance, nearest first so that each byte leaves a domain once; Neuron calls it
/// RDH. A group that is no power of two folds its surplus members in and out again, at one step and one whole vector each way.
/// </summary>
/// <remarks>Source: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in MPICH", IJHPCA 19, 2005.</remarks>
public sealed class RecursiveDoubling : CollectiveAlgorithm
{
    public override string Name => "rdh";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => kind is CollectiveKind.AllReduce or CollectiveKind.AllGather
        or CollectiveKind.ReduceScatter or CollectiveKind.Barrier;

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        int trips = kind == CollectiveKind.AllReduce ? 2 : 1;
        PhaseTime time = kind == CollectiveKind.Barrier
            ? new(ports.Across, Seconds.Zero)
            : new(trips * ports.Across, trips * Others(ports.Ranks) * size / ports.Neighbour);
        if ((ports.Ranks & (ports.Ranks - 1)) == 0)
            return time;
        Seconds fold = kind == CollectiveKind.Barrier ? Seconds.Zero : trips * size / ports.Neighbour;
        return new(time.Latency + (trips * ports.Far), time.Transfer + fold);
    }
}
