using Orrery.Operators;

namespace Orrery.Training;

/// <summary>
/// Keys and values go round a ring, one rank's share at a time, behind the attention to the share before. The backward pass sends them again, and their
/// gradients after them.
/// </summary>
public sealed class RingContext : ContextLayout
{
    public override string Name => "ring";

    public override string Summary => "keys and values go round a ring behind attention";

    public override string Source => "Liu et al., arXiv:2310.01889";

    public override double ExposedForward(in ContextWork work)
    {
        // Whole is bytes of all ranks: what an all-gather of them moves is what the ring moves.
        double time = work.Time(CollectiveKind.AllGather, work.KeyValueBytes * work.Ranks, work.Whole);
        return work.Beside(time, work.Attention * (work.Ranks - 1) / work.Ranks, work.Attention);
    }

    public override double ExposedBackward(in ContextWork work) => 2 * ExposedForward(work with { Attention = work.Attention / 2 });

    public override double WorkspaceBytes(in ContextWork work) => 0;
}
