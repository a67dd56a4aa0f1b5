using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Cli.Verbs;

/// <summary>The answer for one size.</summary>
/// <param name="Size">Bytes each rank hands in.</param>
public sealed record CollectiveAnswer(Bytes Size, CollectiveCost Cost, BytesPerSecond BusBandwidth)
{
    /// <summary>Prices one size. A point-to-point message goes between the two ranks farthest apart.</summary>
    public static CollectiveAnswer Of(CollectiveQuestion question, double size, ClosedFormCollectives model, CollectiveAlgorithm? forced)
    {
        int ranks = question.Ranks;
        RankGroups groups = new(question.System, question.System.Chip.RanksPerChip);
        RankGroup group = question.Kind == CollectiveKind.PointToPoint && ranks > 2
            ? groups.Group((ranks + 1) / 2, 2, ranks)
            : groups.Group(1, ranks, ranks);
        Collective collective = new(question.Kind, new Bytes(question.Kind == CollectiveKind.AllGather ? size * ranks : size));
        CollectiveCost cost = forced is null ? model.Cost(collective, group) : model.Cost(collective, group, forced);
        double factor = question.Kind switch
        {
            CollectiveKind.AllReduce => 2 * (ranks - 1.0) / ranks,
            CollectiveKind.AllGather or CollectiveKind.ReduceScatter or CollectiveKind.AllToAll => (ranks - 1.0) / ranks,
            CollectiveKind.Gather or CollectiveKind.Scatter => ranks - 1.0,
            CollectiveKind.Barrier => 0,
            _ => 1,
        };
        double rate = cost.Time.Value > 0 ? factor * collective.Size.Value / cost.Time.Value : double.NaN;
        return new CollectiveAnswer(new Bytes(size), cost, new BytesPerSecond(rate));
    }
}
