namespace Orrery.Training;

/// <summary>
/// Stage s runs stages - s - 1 forward passes, then alternates, then drains. Bubble (p-1)/m of the ideal time with equal stages.
/// </summary>
public sealed class OneForwardOneBackward : Schedule
{
    public override string Name => "1f1b";

    public override string Summary => "one forward, one backward pass in turn";

    public override string Source => "Narayanan et al., arXiv:2104.04473, section 2.2 (PipeDream-Flush)";

    public override string BubbleFormula => "(p - 1)(F + B)";

    public override string PeakFormula => "p";

    public override double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) => (shape.Stages - 1) * (forward + backward);

    public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
    {
        int microBatches = shape.MicroBatches;
        int warmUp = Math.Min(shape.Stages - stage - 1, microBatches);
        for (int i = 0; i < warmUp; i++)
            into.Forward(stage, i);
        for (int i = 0; i < microBatches - warmUp; i++)
        {
            into.Forward(stage, warmUp + i);
            into.Backward(stage, i);
        }

        for (int i = microBatches - warmUp; i < microBatches; i++)
            into.Backward(stage, i);
    }

    public override int PeakPasses(PipelineShape shape, int stage) => Math.Min(shape.Stages - stage, shape.MicroBatches);

    public override double Saved(in PassTimes times, int microBatches) => 0;

    /// <inheritdoc/>
    /// <remarks>
    /// Stage k is busy m times; before its first backward pass it waits for the stages behind it as far as its own n = min(p - k - 1, m - 1) early
    /// forward passes do not fill the time, and in the drain each of its n last backward passes waits for one pair of passes of a mean stage
    /// behind it. The largest k binds; with equal stages this is (m + p - 1) pairs.
    /// </remarks>
    public override double Time(in PassTimes times, int microBatches)
    {
        double sum = 0;
        for (int stage = 0; stage < times.Stages; stage++)
            sum += times.Stage(stage);
        double longest = 0;
        double before = 0;
        for (int stage = 0; stage < times.Stages; stage++)
        {
            double forward = times.Forward[stage];
            double backward = times.Backward[stage];
            double behind = sum - before - forward - backward;
            int later = times.Stages - stage - 1;
            int early = Math.Min(later, microBatches - 1);
            double time = before + (microBatches * (forward + backward))
                + Math.Max(0, behind - (early * forward)) + (later > 0 ? early * Math.Max(0, (behind / later) - backward) : 0);
            longest = Math.Max(longest, time);
            before += forward + backward;
        }

        return longest;
    }
}
