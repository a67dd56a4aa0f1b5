namespace Orrery.Training;

/// <summary>
/// 1F1B over several chunks a stage: groups of p micro-batches run through chunk 0, then chunk 1 and so on; the bubble shrinks by vpp and
/// hops grow by it. Needs micro-batches in whole groups of p.
/// </summary>
/// <remarks>Source: Narayanan et al., arXiv:2104.04473, section 2.2, the order of Megatron-LM's interleaved schedule.</remarks>
public sealed class InterleavedSchedule : Schedule
{
    public override string Name => "interleaved";

    public override PipelineSchedule Kind => PipelineSchedule.Interleaved;

    public override bool AllowsVirtualStages => true;

    public override string? Objection(int stages, int virtualStages, int microBatches) =>
        stages > 1 && virtualStages > 1 && microBatches % stages != 0
            ? $"interleaving needs micro-batches in whole groups of pp: {microBatches} is not a multiple of {stages}"
            : null;

    public override void Order(int stage, int stages, int virtualStages, int microBatches, Span<ScheduleSlot> into)
    {
        int total = microBatches * virtualStages;
        int warmUp = WarmUp(stage, stages, virtualStages, microBatches);
        int at = 0;
        for (int i = 0; i < warmUp; i++)
            into[at++] = Slot(i, stage, stages, virtualStages, microBatches, false);
        for (int i = 0; i < total - warmUp; i++)
        {
            into[at++] = Slot(warmUp + i, stage, stages, virtualStages, microBatches, false);
            into[at++] = Slot(i, stage, stages, virtualStages, microBatches, true);
        }

        for (int i = total - warmUp; i < total; i++)
            into[at++] = Slot(i, stage, stages, virtualStages, microBatches, true);
    }

    public override int PeakPasses(int stage, int stages, int virtualStages, int microBatches) =>
        Math.Min(WarmUp(stage, stages, virtualStages, microBatches) + 1, microBatches * virtualStages);

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

    private static int WarmUp(int stage, int stages, int virtualStages, int microBatches)
    {
        if (virtualStages == 1)
            return Math.Min(stages - stage - 1, microBatches);
        return Math.Min(((stages - stage - 1) * 2) + ((virtualStages - 1) * Math.Min(stages, microBatches)), microBatches * virtualStages);
    }

    /// <summary>The k-th pass: which group of p micro-batches, which chunk, which member. The last group may be smaller.</summary>
    private static ScheduleSlot Slot(int k, int stage, int stages, int virtualStages, int microBatches, bool isBackward)
    {
        int perGroup = stages * virtualStages;
        int group = k / perGroup;
        int first = group * stages;
        int members = Math.Min(stages, microBatches - first);
        int inGroup = k - (group * perGroup);
        int chunk = inGroup / members;
        if (isBackward)
            chunk = virtualStages - 1 - chunk;
        return new ScheduleSlot((chunk * stages) + stage, first + (inGroup % members), isBackward);
    }
}
