using Orrery.Operators;

namespace Orrery.Fabric;

/// <summary>Collectives at their bound: bytes through the tightest port and one latency.</summary>
public sealed class BoundCollectives(ClosedFormCollectives closed) : CollectiveModel
{
    /// <inheritdoc/>
    public override CollectiveCost Cost(in Collective collective, RankGroup group)
    {
        CollectiveCost cost = closed.Cost(collective, group);
        return cost with { Time = cost.Bound, Algorithm = "bound", Latency = cost.Latency < cost.Bound ? cost.Latency : cost.Bound };
    }

    /// <inheritdoc/>
    public override double Sigma(in Collective collective, RankGroup group) => closed.Sigma(collective, group);
}
