using Orrery.Models;

namespace Orrery.Training;

/// <summary>
/// How the tokens of a sequence, split over the context-parallel ranks, attend to each other. A new one is one class in one file of the folder
/// <c>ContextLayouts</c>.
/// </summary>
public abstract class ContextLayout : Choice
{
    /// <summary>Every layout of context parallelism.</summary>
    public static ChoiceList<ContextLayout> List { get; } = new(ChoiceFiles.ContextLayouts());

    /// <summary>What a plan has that names none.</summary>
    public static ContextLayout Usual { get; } = List.Get("ring");

    /// <summary>Why <paramref name="plan"/> cannot have it, or null.</summary>
    public virtual string? Objection(Plan plan, AttentionDescription attention) => null;

    /// <summary>Ranks of the inner group that exchanges heads; the group is placed with them. 1 where there is none.</summary>
    public virtual int InnerRanks(Plan plan, AttentionDescription attention) => 1;

    /// <summary>Communication of one forward pass of attention that its computation does not hide, in seconds.</summary>
    public abstract double ExposedForward(in ContextWork work);

    /// <summary>The same of the backward pass, whose computation is in <see cref="ContextWork.Attention"/>.</summary>
    public abstract double ExposedBackward(in ContextWork work);

    /// <summary>
    /// Work of the fullest rank over the mean under a causal mask, where tokens are laid out in their order: the last of n ranks has all tokens behind it,
    /// (2 - 1/n) of the mean. 1 where ranks split heads.
    /// </summary>
    public virtual double UnbalancedLoad(Plan plan, AttentionDescription attention)
    {
        double ranks = (double)plan.ContextParallel / InnerRanks(plan, attention);
        if (!attention.IsCausal || ranks <= 1)
            return 1;
        double reach = attention.Window > 0 ? attention.Window : plan.Sequence;
        reach = Math.Min(reach, plan.Sequence);
        if (attention.Chunk > 0)
            reach = Math.Min(reach, attention.Chunk);
        // Pairs behind a query grow to the reach and stay there; means over all queries and over the last rank's share of them.
        double perRank = plan.Sequence / ranks;
        double mean = reach - (reach * reach / 2 / plan.Sequence);
        double growing = Math.Max(0, reach - (plan.Sequence - perRank));
        double last = reach - (growing * growing / 2 / perRank);
        return attention.Chunk > 0 && attention.Chunk < plan.Sequence ? 1 : last / mean;
    }

    /// <summary>Bytes of the other ranks' keys and values, or of exchanged heads, that a rank holds while it attends: of one layer.</summary>
    public abstract double WorkspaceBytes(in ContextWork work);
}
