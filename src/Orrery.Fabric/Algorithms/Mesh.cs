using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// One step, whatever the group: every member sends its whole contribution to all others, which reduce for themselves. Neuron's mesh and the
/// one-shot kernels of GPU libraries; the price is n - 1 times the data.
/// </summary>
/// <remarks>Source: AWS Neuron documentation, "Intra-node collective communications", latency O(1), for small messages.</remarks>
public sealed class Mesh : CollectiveAlgorithm
{
    public override string Name => "mesh";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind is CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter or CollectiveKind.Barrier;

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        Seconds latency = ports.Far + ((ports.Ranks - 1) * ports.PerMessage);
        return kind switch
        {
            CollectiveKind.Barrier => new(latency, Seconds.Zero),
            CollectiveKind.AllReduce => new(latency, (ports.Ranks - 1) * size / ports.Direct),
            _ => new(latency, Others(ports.Ranks) * size / ports.Direct),
        };
    }
}
