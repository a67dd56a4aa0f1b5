using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>The answer for one collective.</summary>
/// <param name="Time">Predicted time of an isolated collective, launch included.</param>
/// <param name="Bound">No algorithm can be faster: bytes through the tightest port plus the latency floor.</param>
/// <param name="Algorithm">The algorithm the library would choose.</param>
/// <param name="Bottleneck">The level that limits it.</param>
/// <param name="Latency">The part of <paramref name="Time"/> that does not shrink with size.</param>
public readonly record struct CollectiveCost(Seconds Time, Seconds Bound, string Algorithm, string Bottleneck, Seconds Latency);

/// <summary>Closed form, flow level and bound stand behind this.</summary>
public abstract class CollectiveModel
{
    /// <summary>Cost of <paramref name="collective"/> on <paramref name="group"/>; a group of one costs nothing.</summary>
    public abstract CollectiveCost Cost(in Collective collective, RankGroup group);

    /// <summary>Standard deviation of log(measured/predicted) for the interval.</summary>
    public abstract double Sigma(in Collective collective, RankGroup group);
}
