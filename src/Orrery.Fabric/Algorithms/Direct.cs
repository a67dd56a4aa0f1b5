using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Every member sends each other member its own part at once: one step for all-gather, reduce-scatter, all-to-all, gather and scatter, two for
/// all-reduce (reduce-scatter, then all-gather).
/// </summary>
public sealed class Direct : CollectiveAlgorithm
{
    public override string Name => "direct";

    public override bool Supports(CollectiveKind kind, in GroupPorts ports) => kind is not CollectiveKind.Broadcast and not CollectiveKind.Reduce;

    public override void List(CollectiveKind kind, Bytes size, in GroupPorts ports, ref StepList steps)
    {
        double parts = Others(ports.Ranks) * size.Value;
        switch (kind)
        {
            case CollectiveKind.PointToPoint:
                steps.Add(new(TransferPattern.Pair, size.Value, 1));
                break;
            case CollectiveKind.Barrier:
                steps.Add(new(TransferPattern.Direct, 0, 1));
                break;
            case CollectiveKind.AllReduce:
                steps.Add(new(TransferPattern.Direct, parts, 1));
                steps.Add(new(TransferPattern.Direct, parts, 1));
                break;
            case CollectiveKind.Gather or CollectiveKind.Scatter:
                // The root's port carries all messages.
                steps.Add(new(TransferPattern.Root, size.Value, 1) { FromRoot = kind == CollectiveKind.Scatter });
                break;
            default:
                steps.Add(new(TransferPattern.Direct, parts, 1));
                break;
        }
    }
}
