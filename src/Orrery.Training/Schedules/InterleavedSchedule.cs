namespace Orrery.Training;

/// <summary>
/// 1F1B over several chunks a stage: groups of p micro-batches run through chunk 0, then chunk 1 and so on; the bubble shrinks by vpp and
/// hops grow by it. Needs micro-batches in whole groups of p.
/// </summary>
public sealed class InterleavedSchedule : Schedule
{
    public override string Name => "interleaved";

    public override string Summary => "1f1b over several model chunks a stage";

    public override string Source => "Narayanan et al., arXiv:2104.04473, section 2.2, the order of Megatron-LM's interleaved schedule";

    public override int MostVirtualStages => 16;

    public override string BubbleFormula => "(p - 1)(F + B), F and B of one chunk: 1/v of 1f1b";

    public override string Needs => "micro-batches in whole groups of pp";

    public override string PeakFormula => "p (1 + (p - 1)/(p v))";

    public override double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) => (shape.Stages - 1) * (forward + backward);

    public override string? Objection(PipelineShape shape) =>
        shape.Stages > 1 && shape.VirtualStages > 1 && shape.MicroBatches % shape.Stages != 0
            ? $"interleaving needs micro-batches in whole groups of pp: {shape.MicroBatches} is not a multiple of {shape.Stages}"
            : null;

    public override bool Allows(PipelineShape shape) => shape.Stages == 1 || shape.VirtualStages == 1 || shape.MicroBatches % shape.Stages == 0;

    public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
    {
        int total = shape.MicroBatches * shape.VirtualStages;
        int warmUp = WarmUp(shape, stage);
        for (int i = 0; i < warmUp; i++)
            Add(i, shape, stage, isBackward: false, into);
        for (int i = 0; i < total - warmUp; i++)
        {
            Add(warmUp + i, shape, stage, isBackward: false, into);
            Add(i, shape, stage, isBackward: true, into);
        }

        for (int i = total - warmUp; i < total; i++)
            Add(i, shape, stage, isBackward: true, into);
    }

    public override int PeakPasses(PipelineShape shape, int stage) => Math.Min(WarmUp(shape, stage) + 1, shape.MicroBatches * shape.VirtualStages);

    public override double Saved(in PassTimes times, int microBatches) => 0;

    /// <inheritdoc/>
    /// <remarks>
    /// All stages run chunk v of a group of p micro-batches at about the same time, so a stage that is slow in one chunk is not made up for by its
    /// own fast chunks: the pace is the sum over chunks of the slowest stage there. Fill and drain shrink by vpp.
    /// </remarks>
    public override double Time(in PassTimes times, int microBatches)
    {
        double sum = 0;
        double slowest = 0;
        for (int stage = 0; stage < times.Stages; stage++)
        {
            double time = times.Stage(stage);
            sum += time;
            slowest = Math.Max(slowest, time);
        }

        double pace = 0;
        for (int first = 0; first < times.Forward.Length; first += times.Stages)
        {
            double forward = 0;
            double backward = 0;
            for (int chunk = first; chunk < first + times.Stages; chunk++)
            {
                forward = Math.Max(forward, times.Forward[chunk]);
                backward = Math.Max(backward, times.Backward[chunk]);
            }

            pace += forward + backward;
        }

        return (microBatches * Math.Max(pace, slowest)) + ((sum - slowest) / times.VirtualStages);
    }

    private static int WarmUp(PipelineShape shape, int stage)
    {
        (int stages, int virtualStages, int microBatches) = shape;
        if (virtualStages == 1)
            return Math.Min(stages - stage - 1, microBatches);
        return Math.Min(((stages - stage - 1) * 2) + ((virtualStages - 1) * Math.Min(stages, microBatches)), microBatches * virtualStages);
    }

    /// <summary>The k-th pass: which group of p micro-batches, which chunk, which member. The last group may be smaller.</summary>
    private static void Add(int k, PipelineShape shape, int stage, bool isBackward, ScheduleOrder into)
    {
        (int stages, int virtualStages, int microBatches) = shape;
        int perGroup = stages * virtualStages;
        int group = k / perGroup;
        int first = group * stages;
        int members = Math.Min(stages, microBatches - first);
        int inGroup = k - (group * perGroup);
        int chunk = inGroup / members;
        int microBatch = first + (inGroup % members);
        if (isBackward)
            into.Backward(((virtualStages - 1 - chunk) * stages) + stage, microBatch);
        else
            into.Forward((chunk * stages) + stage, microBatch);
    }
}
