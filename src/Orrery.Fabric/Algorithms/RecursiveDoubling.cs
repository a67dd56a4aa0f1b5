using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Recursive halving and doubling: exchanges at growing distance, nearest first so that each byte leaves a domain once; Neuron calls it RDH. Where a level has
/// no power of two of members, as many exchange at once as each prime factor says.
/// </summary>
/// <remarks>
/// Sources: R. Thakur, R. Rabenseifner and W. Gropp, "Optimization of collective communication operations in MPICH", IJHPCA 19, 2005; for other factors than 2,
/// M. Ruefenacht, M. Bull and S. Booth, "Generalisation of recursive doubling for AllReduce", Parallel Computing 69, 2017.
/// </remarks>
public sealed class RecursiveDoubling : CollectiveAlgorithm
{
    public override string Name => "rdh";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => kind is CollectiveKind.AllReduce or CollectiveKind.AllGather
        or CollectiveKind.ReduceScatter or CollectiveKind.Barrier;

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps) => steps.Add(kind == CollectiveKind.Barrier
        ? new(TransferPattern.Exchange, 0, 1)
        : new(TransferPattern.Exchange, Trips(kind) * Others(ports.Ranks) * size.Value, Trips(kind)));
}
