namespace Orrery.Training;

/// <summary>
/// ZB-H1: 1F1B with the gradient of the weights apart from that of the inputs. The stage before gets its gradient earlier, and the gradients of the
/// weights, put off by as many micro-batches as there are stages before, fill what would be idle at the end. Every stage holds the activations of p
/// micro-batches.
/// </summary>
public sealed class ZeroBubble : Schedule
{
    public override string Name => "zero-bubble";

    public override string Summary => "ZB-H1: 1f1b whose weight gradients fill the idle end";

    public override string Source => "Qi et al., arXiv:2401.10241, section 2.1.1";

    public override string BubbleFormula => "(p - 1)(F + B - 2W)";

    public override string PeakFormula => "p";

    public override double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) =>
        (shape.Stages - 1) * (forward + backward - (2 * weight));

    public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
    {
        int microBatches = shape.MicroBatches;
        int warmUp = Math.Min(shape.Stages - stage - 1, microBatches);
        int weights = 0;
        for (int i = 0; i < warmUp; i++)
            into.Forward(stage, i);
        for (int i = 0; i < microBatches; i++)
        {
            if (warmUp + i < microBatches)
                into.Forward(stage, warmUp + i);
            into.InputGradient(stage, i);
            if (i >= stage)
                into.WeightGradient(stage, weights++);
        }

        while (weights < microBatches)
            into.WeightGradient(stage, weights++);
    }

    public override int PeakPasses(PipelineShape shape, int stage) => Math.Min(shape.Stages, shape.MicroBatches);

    public override double Saved(in PassTimes times, int microBatches) => 0;
}
