using Orrery.Models;
using Orrery.Operators;

namespace Orrery.Training;

/// <summary>
/// Ranks swap tokens for heads before attention and back behind it (DeepSpeed-Ulysses): each has the whole sequence of its heads, so a causal mask is balanced
/// by itself. Heads must suffice; keys and values with fewer heads than ranks are sent to several.
/// </summary>
public sealed class AllToAllContext : ContextLayout
{
    public override string Name => "all-to-all";

    public override string Summary => "ranks swap tokens for heads around attention";

    public override string Source => "Jacobs et al., arXiv:2309.14509";

    public override string? Objection(Plan plan, AttentionDescription attention) =>
        attention.Heads / plan.TensorParallel % plan.ContextParallel != 0
            ? $"all-to-all context parallelism needs cp {plan.ContextParallel} to divide the {attention.Heads / plan.TensorParallel} heads of a rank; use ring or hybrid"
            : null;

    public override int InnerRanks(Plan plan, AttentionDescription attention) => plan.ContextParallel;

    public override double ExposedForward(in ContextWork work) => Exchange(work, work.Ranks, work.Whole);

    /// <inheritdoc/>
    /// <remarks>Gradients take the ways of their values: as many bytes.</remarks>
    public override double ExposedBackward(in ContextWork work) => Exchange(work, work.Ranks, work.Whole);

    public override double WorkspaceBytes(in ContextWork work) => (2 * work.QueryBytes) + (work.KeyValueBytes * Copies(work, work.Ranks));

    /// <summary>Queries, keys and values there, outputs back, over <paramref name="ranks"/> ranks.</summary>
    internal static double Exchange(in ContextWork work, int ranks, Fabric.RankGroup group)
    {
        double there = work.Time(CollectiveKind.AllToAll, work.QueryBytes + (work.KeyValueBytes * Copies(work, ranks)), group);
        return there + work.Time(CollectiveKind.AllToAll, work.QueryBytes, group);
    }

    /// <summary>Copies of keys and values that are sent, where their heads are fewer than the ranks.</summary>
    internal static double Copies(in ContextWork work, int ranks) => Math.Max(1, ranks / Math.Max(1, work.KeyValueHeads));
}
