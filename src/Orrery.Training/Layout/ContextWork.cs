using Orrery.Fabric;
using Orrery.Operators;

namespace Orrery.Training;

/// <summary>What a layout of context parallelism has to do in one pass of one layer on one rank.</summary>
/// <param name="Coster">Prices collectives; null where only bytes are asked for.</param>
/// <param name="Ranks">Context-parallel ranks.</param>
/// <param name="InnerRanks">Those of them that exchange heads, neighbours of each other.</param>
/// <param name="QueryBytes">Queries of this rank's tokens; their outputs are as many.</param>
/// <param name="KeyValueBytes">Keys and values of this rank's tokens.</param>
/// <param name="KeyValueHeads">Heads of keys and values on this rank.</param>
/// <param name="Attention">Computation of attention in this pass, in seconds.</param>
/// <param name="Slowdown">What hidden communication slows computation by, as a share of its own time.</param>
/// <param name="Scale">Factor on collectives, of the stack.</param>
public readonly record struct ContextWork(
    LayerCoster? Coster, RankGroup Whole, RankGroup Inner, RankGroup Outer, int Ranks, int InnerRanks, double QueryBytes, double KeyValueBytes, double KeyValueHeads,
    double Attention, double Slowdown, double Scale)
{
    /// <summary>Isolated seconds of a collective; <paramref name="bytes"/> as <see cref="Collective"/> counts them.</summary>
    public double Time(CollectiveKind kind, double bytes, RankGroup group) => Coster is null ? 0 : Coster.CollectiveTime(kind, bytes, group) * Scale;

    /// <summary>What of <paramref name="communication"/> shows beside <paramref name="computation"/> that may run at the same time.</summary>
    public double Beside(double communication, double computation, double whole) =>
        Math.Max(0, communication - computation) + (Slowdown * Math.Min(communication, whole));
}
