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

    public override PhaseTime Time(CollectiveKind kind, Bytes size, in GroupPorts ports)
    {
        Seconds issue = (ports.Ranks - 1) * ports.PerMessage;
        return kind switch
        {
            CollectiveKind.PointToPoint => new(ports.Far + ports.PerMessage, size / ports.Neighbour),
            CollectiveKind.Barrier => new(ports.Far + issue, Seconds.Zero),
            CollectiveKind.AllReduce => new(2 * (ports.Far + issue), 2 * Others(ports.Ranks) * size / ports.Direct),

            // The root's port carries all messages.
            CollectiveKind.Gather or CollectiveKind.Scatter => new(ports.Far + issue, (ports.Ranks - 1) * size / ports.Direct),
            _ => new(ports.Far + issue, Others(ports.Ranks) * size / ports.Direct),
        };
    }
}
