using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Collectives as flows, behind the interface of the formulas: of all groups that lie alike, the one that the faults of the machine slow most, since a step waits for the
/// last. Remembers every answer. Not for use by several threads at once.
/// </summary>
public sealed class FlowCollectiveModel(FabricGraph graph, ClosedFormCollectives closed) : CollectiveModel
{
    private readonly FlowCollectives _flows = new(graph, closed);
    private readonly Dictionary<(Collective, RankGroup), CollectiveCost> _known = [];

    /// <summary>True where faults cut some group off: its collectives then have the time of the healthy machine.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Links of the first message that left its usual way because of a fault; empty for none.</summary>
    public string Detour { get; private set; } = "";

    /// <summary>The formulas behind it.</summary>
    public ClosedFormCollectives Closed => closed;

    /// <inheritdoc/>
    public override CollectiveCost Cost(in Collective collective, RankGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (group.Size <= 1)
            return closed.Cost(collective, group);
        if (_known.TryGetValue((collective, group), out CollectiveCost known))
            return known;
        CollectiveCost cost = closed.Cost(collective, group);
        if (_flows.Supports(collective.Kind, group.Size) && _flows.Fits(group))
        {
            if (_flows.Run(collective, group) is { } flow)
            {
                Seconds time = Seconds.Max(flow.Time, cost.Bound);
                cost = cost with { Time = time, Algorithm = flow.Algorithm, Bottleneck = flow.Bottleneck, Latency = cost.Latency < time ? cost.Latency : time };
                if (Detour.Length == 0)
                    Detour = flow.Detour;
            }
            else
            {
                IsCutOff = true;
            }
        }

        _known.Add((collective, group), cost);
        return cost;
    }

    /// <inheritdoc/>
    public override double Sigma(in Collective collective, RankGroup group) => closed.Sigma(collective, group);
}
