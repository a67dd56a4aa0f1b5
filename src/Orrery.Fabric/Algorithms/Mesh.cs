using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// A constant number of steps, whatever the group: members scatter to all others and broadcast to all others at once, crowding the links. An
/// all-reduce is one step of whole vectors (n - 1 times the data) or two of shares, whichever is faster; the rest is one step. Neuron's mesh and the
/// one-shot and two-shot kernels of GPU libraries.
/// </summary>
/// <remarks>Source: AWS Neuron documentation, "Intra-node collective communications", latency O(1), for small messages.</remarks>
public sealed class Mesh : CollectiveAlgorithm
{
    public override string Name => "mesh";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind is CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter or CollectiveKind.Barrier;

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        Seconds step = ports.Far + ((ports.Ranks - 1) * ports.PerMessage);
        if (kind == CollectiveKind.Barrier)
            return new(step, Seconds.Zero);
        Seconds shares = Others(ports.Ranks) * size / ports.Direct;
        if (kind != CollectiveKind.AllReduce)
            return new(step, shares);
        PhaseTime whole = new(step, ports.Ranks * shares), twice = new(2 * step, 2 * shares);
        return whole.Total <= twice.Total ? whole : twice;
    }
}
