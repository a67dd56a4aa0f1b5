namespace Orrery.Training;

/// <summary>
/// Stage s runs stages - s - 1 forward passes, then alternates, then drains. Bubble (p-1)/m of the ideal time with equal stages.
/// </summary>
/// <remarks>Source: Narayanan et al., arXiv:2104.04473, section 2.2 (PipeDream-Flush).</remarks>
public sealed class OneForwardOneBackward : Schedule
{
    public override string Name => "1f1b";

    public override PipelineSchedule Kind => PipelineSchedule.OneForwardOneBackward;

    public override bool AllowsVirtualStages => false;

    public override void Order(int stage, int stages, int virtualStages, int microBatches, Span<ScheduleSlot> into)
    {
        int warmUp = Math.Min(stages - stage - 1, microBatches);
        int at = 0;
        for (int i = 0; i < warmUp; i++)
            into[at++] = new ScheduleSlot(stage, i, false);
        for (int i = 0; i < microBatches - warmUp; i++)
        {
            into[at++] = new ScheduleSlot(stage, warmUp + i, false);
            into[at++] = new ScheduleSlot(stage, i, true);
        }

        for (int i = microBatches - warmUp; i < microBatches; i++)
            into[at++] = new ScheduleSlot(stage, i, true);
    }

    public override int PeakPasses(int stage, int stages, int virtualStages, int microBatches) => Math.Min(stages - stage, microBatches);
}
