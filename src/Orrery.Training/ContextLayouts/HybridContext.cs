using Orrery.Models;
using Orrery.Operators;

namespace Orrery.Training;

/// <summary>
/// Neighbouring ranks swap tokens for heads, as many as the heads of keys and values allow without copies (or <see cref="Plan.ContextInner"/>), and a ring joins
/// these groups: the exchange stays on short links, the ring has fewer and longer steps.
/// </summary>
public sealed class HybridContext : ContextLayout
{
    public override string Name => "hybrid";

    public override string Summary => "heads are swapped among neighbours, a ring joins the groups";

    public override string Source => "Fang and Zhao, arXiv:2405.07719; Gu et al., arXiv:2406.18485";

    public override string? Objection(Plan plan, AttentionDescription attention)
    {
        int inner = InnerRanks(plan, attention);
        if (plan.ContextParallel % inner != 0)
            return $"cp-inner {inner} does not divide cp {plan.ContextParallel}";
        return attention.Heads / plan.TensorParallel % inner != 0 ? $"cp-inner {inner} does not divide the {attention.Heads / plan.TensorParallel} heads of a rank" : null;
    }

    public override int InnerRanks(Plan plan, AttentionDescription attention)
    {
        if (plan.ContextInner > 0)
            return plan.ContextInner;
        int heads = Math.Max(1, attention.KvHeads / plan.TensorParallel);
        int inner = 1;
        for (int ranks = 2; ranks <= Math.Min(heads, plan.ContextParallel); ranks++)
        {
            if (plan.ContextParallel % ranks == 0 && heads % ranks == 0)
                inner = ranks;
        }

        return inner;
    }

    public override double ExposedForward(in ContextWork work)
    {
        double exchange = AllToAllContext.Exchange(work, work.InnerRanks, work.Inner);
        int groups = work.Ranks / work.InnerRanks;
        if (groups <= 1)
            return exchange;
        double keys = work.KeyValueBytes * AllToAllContext.Copies(work, work.InnerRanks);
        double time = work.Time(CollectiveKind.AllGather, keys * groups, work.Outer);
        return exchange + work.Beside(time, work.Attention * (groups - 1) / groups, work.Attention);
    }

    public override double ExposedBackward(in ContextWork work)
    {
        double exchange = AllToAllContext.Exchange(work, work.InnerRanks, work.Inner);
        ContextWork half = work with { Attention = work.Attention / 2 };
        return exchange + (2 * (ExposedForward(half) - exchange));
    }

    public override double WorkspaceBytes(in ContextWork work) =>
        (2 * work.QueryBytes) + (work.KeyValueBytes * AllToAllContext.Copies(work, work.InnerRanks));
}
