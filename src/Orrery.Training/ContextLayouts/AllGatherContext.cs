using Orrery.Operators;

namespace Orrery.Training;

/// <summary>
/// Keys and values of the whole sequence are gathered before attention, and their gradients reduced and scattered after it: nothing hides, but any mask
/// (documents) works as on one rank.
/// </summary>
public sealed class AllGatherContext : ContextLayout
{
    public override string Name => "all-gather";

    public override string Summary => "keys and values of the whole sequence are gathered first";

    public override string Source => "Grattafiori et al. (Llama 3), arXiv:2407.21783, section 3.3.2";

    public override double ExposedForward(in ContextWork work) => work.Time(CollectiveKind.AllGather, work.KeyValueBytes * work.Ranks, work.Whole);

    /// <inheritdoc/>
    /// <remarks>Gathered again, since what was gathered is not kept.</remarks>
    public override double ExposedBackward(in ContextWork work) =>
        ExposedForward(work) + work.Time(CollectiveKind.ReduceScatter, work.KeyValueBytes * work.Ranks, work.Whole);

    /// <inheritdoc/>
    /// <remarks>Of the backward pass: keys and values, and their gradients.</remarks>
    public override double WorkspaceBytes(in ContextWork work) => 2 * work.KeyValueBytes * work.Ranks;
}
