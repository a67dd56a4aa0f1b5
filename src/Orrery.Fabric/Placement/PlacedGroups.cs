using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>Where each group of a plan lies on the system.</summary>
/// <param name="Tensor">Ranks that split a layer.</param>
/// <param name="Context">Ranks that split a sequence.</param>
/// <param name="Data">Ranks that hold the same weights and other data: data and context parallel together.</param>
/// <param name="Expert">Ranks that split the experts.</param>
/// <param name="ExpertTensor">Ranks that split one expert.</param>
/// <param name="ExpertData">Ranks that hold the same experts.</param>
/// <param name="Shard">Ranks that share one copy of the weights.</param>
/// <param name="Replica">Ranks that hold the same shard of the weights where less than all data-parallel ranks share a copy; a group of one otherwise.</param>
/// <param name="Stages">The pipeline's ranks, one of each stage.</param>
/// <param name="Hops">A rank and its neighbour in the next stage, one entry for each pair of stages; empty without a pipeline.</param>
/// <param name="Hop">The hop that crosses the outermost level; a group of one without a pipeline.</param>
/// <param name="Whole">All ranks of the job.</param>
/// <param name="ContextInner">Neighbouring ranks of a context group that form a group of their own.</param>
/// <param name="ContextOuter">One rank of each of them.</param>
public sealed record PlacedGroups(
    RankGroup Tensor, RankGroup Context, RankGroup Data, RankGroup Expert, RankGroup ExpertTensor, RankGroup ExpertData, RankGroup Shard,
    RankGroup Replica, RankGroup Stages, ImmutableArray<RankGroup> Hops, RankGroup Hop, RankGroup Whole,
    RankGroup ContextInner, RankGroup ContextOuter);
