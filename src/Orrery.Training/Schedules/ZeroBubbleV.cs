namespace Orrery.Training;

/// <summary>
/// ZB-V: two chunks a stage, laid so that the network goes down the stages and back up (stage s holds chunks s and 2p - 1 - s), with the gradient of the weights
/// apart. The first stage also ends the network, so backward passes begin early; with F, B - W and W equal no stage idles between its first and its last pass,
/// at the activations of 1F1B's first stage. What is left is the way down: stage s starts s forward passes late.
/// </summary>
public sealed class ZeroBubbleV : Schedule
{
    public override string Name => "zb-v";

    public override string Summary => "ZB-V: two chunks a stage in a V, weight gradients apart";

    public override string Source => "Qi et al., arXiv:2405.15362 and arXiv:2401.10241";

    public override int MostVirtualStages => 2;

    public override string BubbleFormula => "(p - 1)F, F of one chunk, where F = W = B/2: the way down alone";

    public override string Needs => "vpp 2 and at least 2 pp - 1 micro-batches";

    public override string PeakFormula => "p";

    public override double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) =>
        forward == weight && backward == 2 * weight ? (shape.Stages - 1) * forward : null;

    public override string? Objection(PipelineShape shape)
    {
        if (shape.Stages == 1)
            return shape.VirtualStages > 1 ? "a pipeline of one stage has one chunk; use vpp 1" : null;
        if (shape.VirtualStages != 2)
            return $"the {Name} schedule has two chunks a stage: vpp 2, not {shape.VirtualStages}";
        return shape.MicroBatches < (2 * shape.Stages) - 1
            ? $"the {Name} schedule needs 2 pp - 1 micro-batches: {shape.MicroBatches} are fewer than {(2 * shape.Stages) - 1}"
            : null;
    }

    public override int Chunk(PipelineShape shape, int stage, int local) => local == 0 ? stage : shape.Chunks - 1 - stage;

    public override int Stage(PipelineShape shape, int chunk, int microBatch) => chunk < shape.Stages ? chunk : shape.Chunks - 1 - chunk;

    public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
    {
        if (shape.VirtualStages == 1)
        {
            Schedule.Usual.Order(shape, stage, into);
            return;
        }

        int stages = shape.Stages;
        V way = new(into, stage, shape.Chunks - 1 - stage, shape.MicroBatches);
        for (int i = 0; i < (2 * (stages - stage)) - 1; i++)
            way.ForwardDown();
        for (int i = 0; i < stage; i++)
        {
            way.ForwardUp();
            way.ForwardDown();
        }

        for (int i = 0; i < stages - stage; i++)
        {
            way.ForwardUp();
            way.BackwardUp(withWeights: true);
        }

        while (way.IsForwardLeft)
        {
            way.ForwardDown();
            way.BackwardDown(withWeights: true);
            way.ForwardUp();
            way.BackwardUp(withWeights: true);
        }

        for (int i = 0; i < stage; i++)
        {
            way.BackwardDown(withWeights: false);
            way.BackwardUp(withWeights: false);
        }

        for (int i = 0; i < stages - stage; i++)
            way.BackwardDown(withWeights: true);
        way.RestOfWeights();
    }

    public override int PeakPasses(PipelineShape shape, int stage) =>
        shape.VirtualStages == 1 ? Schedule.Usual.PeakPasses(shape, stage) : Math.Min(2 * shape.Stages, 2 * shape.MicroBatches);

    public override double Saved(in PassTimes times, int microBatches) => 0;

    /// <summary>The passes of one stage so far, through its chunk on the way down and the one on the way up. Passes beyond the last micro-batch are left out.</summary>
    private ref struct V(ScheduleOrder order, int down, int up, int microBatches)
    {
        private readonly ScheduleOrder order = order;
        private readonly int down = down;
        private readonly int up = up;
        private readonly int microBatches = microBatches;
        private int forwardDown;
        private int forwardUp;
        private int backwardDown;
        private int backwardUp;
        private int weightDown;
        private int weightUp;

        public readonly bool IsForwardLeft => forwardUp < forwardDown || forwardDown < microBatches;

        public void ForwardDown()
        {
            if (forwardDown < microBatches)
                order.Forward(down, forwardDown++);
        }

        public void ForwardUp()
        {
            if (forwardUp < microBatches)
                order.Forward(up, forwardUp++);
        }

        public void BackwardDown(bool withWeights) => Backward(down, ref backwardDown, ref weightDown, withWeights);

        public void BackwardUp(bool withWeights) => Backward(up, ref backwardUp, ref weightUp, withWeights);

        public void RestOfWeights()
        {
            while (weightUp < backwardUp)
                order.WeightGradient(up, weightUp++);
            while (weightDown < backwardDown)
                order.WeightGradient(down, weightDown++);
        }

        private readonly void Backward(int chunk, ref int inputs, ref int weights, bool withWeights)
        {
            if (inputs >= microBatches)
                return;
            order.InputGradient(chunk, inputs++);
            if (withWeights)
                order.WeightGradient(chunk, weights++);
        }
    }
}
