namespace Orrery.Training;

/// <summary>All forward passes, then all backward passes in reverse; every micro-batch's activations are held.</summary>
public sealed class GPipe : Schedule
{
    public override string Name => "gpipe";

    public override string Summary => "all forward passes, then all backward passes";

    public override string Source => "Huang et al., arXiv:1811.06965";

    public override string BubbleFormula => "(p - 1)(F + B)";

    public override string PeakFormula => "m";

    public override double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) => (shape.Stages - 1) * (forward + backward);

    public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
    {
        for (int i = 0; i < shape.MicroBatches; i++)
            into.Forward(stage, i);
        for (int i = shape.MicroBatches - 1; i >= 0; i--)
            into.Backward(stage, i);
    }

    public override int PeakPasses(PipelineShape shape, int stage) => shape.MicroBatches;

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

    public override double Saved(in PassTimes times, int microBatches) => 0;
}
