namespace Orrery.Training;

/// <summary>All forward passes, then all backward passes in reverse; every micro-batch's activations are held.</summary>
/// <remarks>Source: Huang et al., arXiv:1811.06965.</remarks>
public sealed class GPipe : Schedule
{
    public override string Name => "gpipe";

    public override PipelineSchedule Kind => PipelineSchedule.GPipe;

    public override bool AllowsVirtualStages => false;

    public override void Order(int stage, int stages, int virtualStages, int microBatches, Span<ScheduleSlot> into)
    {
        for (int i = 0; i < microBatches; i++)
        {
            into[i] = new ScheduleSlot(stage, i, false);
            into[microBatches + i] = new ScheduleSlot(stage, microBatches - 1 - i, true);
        }
    }

    public override int PeakPasses(int stage, int stages, int virtualStages, int microBatches) => microBatches;

    /// <inheritdoc/>
    /// <remarks>Each half is a flow shop: its fill, plus the other micro-batches at the pace of its slowest stage.</remarks>
    public override double Time(in PassTimes times, int microBatches)
    {
        double fill = 0;
        double slowestForward = 0;
        double slowestBackward = 0;
        for (int stage = 0; stage < times.Stages; stage++)
        {
            fill += times.Forward[stage] + times.Backward[stage];
            slowestForward = Math.Max(slowestForward, times.Forward[stage]);
            slowestBackward = Math.Max(slowestBackward, times.Backward[stage]);
        }

        return fill + ((microBatches - 1) * (slowestForward + slowestBackward));
    }
}
