using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// A constant number of steps, whatever the group: members scatter to all others and broadcast to all others at once, crowding the links. An
/// all-reduce is one step of whole vectors (n - 1 times the data) or two of shares, whichever is faster; the rest is one step. Neuron's mesh.
/// </summary>
/// <remarks>Source: AWS Neuron documentation, "Intra-node collective communications", latency O(1), for small messages.</remarks>
public sealed class Mesh : CollectiveAlgorithm
{
    public override string Name => "mesh";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) =>
        kind is CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter or CollectiveKind.Barrier;

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps)
    {
        double parts = Others(ports.Ranks) * size.Value;
        if (kind != CollectiveKind.AllReduce)
        {
            steps.Add(new(TransferPattern.Direct, kind == CollectiveKind.Barrier ? 0 : parts, 1));
            return;
        }

        double step = ports.LatencyOf(TransferPattern.Direct), shares = parts / ports.Direct.Value;
        if (step + (ports.Ranks * shares) <= 2 * (step + shares))
        {
            steps.Add(new(TransferPattern.Direct, ports.Ranks * parts, 1));
            return;
        }

        steps.Add(new(TransferPattern.Direct, parts, 1));
        steps.Add(new(TransferPattern.Direct, parts, 1));
    }
}
