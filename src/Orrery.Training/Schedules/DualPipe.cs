namespace Orrery.Training;

/// <summary>
/// DualPipe: micro-batches enter from both ends, so stage s holds chunk s for those of one direction and chunk p - 1 - s for those of the other: two copies of the
/// weights. In the steady part a forward pass of one direction runs beside a backward pass of the other, which hides the exchange of tokens between experts;
/// gradients of the weights fill the ends.
/// </summary>
public sealed class DualPipe : Schedule
{
    public override string Name => "dualpipe";

    public override string Summary => "DualPipe: both ends feed the pipeline, exchanges of experts hide behind the other direction";

    public override string Source => "DeepSeek-AI, arXiv:2412.19437, section 3.2.1, table 2";

    public override int WeightCopies => 2;

    public override string BubbleFormula => "(p/2 - 1)(F&B + B - 3W), F&B a pair of passes";

    public override string Needs => "an even number of stages, and an even number of micro-batches of at least 2 pp";

    public override string PeakFormula => "p + 1";

    public override double? PublishedBubble(PipelineShape shape, double forward, double backward, double weight) =>
        ((shape.Stages / 2) - 1) * (forward + backward + backward - (3 * weight));

    public override string? Objection(PipelineShape shape)
    {
        if (base.Objection(shape) is { } objection)
            return objection;
        if (shape.Stages == 1)
            return null;
        if (shape.Stages % 2 != 0)
            return $"the {Name} schedule needs an even number of stages, not pp {shape.Stages}";
        return shape.MicroBatches % 2 != 0 || shape.MicroBatches < 2 * shape.Stages
            ? $"the {Name} schedule needs an even number of micro-batches of at least 2 pp = {2 * shape.Stages}, not {shape.MicroBatches}"
            : null;
    }

    public override int ChunksHeld(PipelineShape shape) => shape.Stages == 1 ? 1 : 2;

    public override int Chunk(PipelineShape shape, int stage, int local) => local == 0 ? stage : shape.Stages - 1 - stage;

    public override int Stage(PipelineShape shape, int chunk, int microBatch) => microBatch < shape.MicroBatches / 2 ? chunk : shape.Stages - 1 - chunk;

    public override void Order(PipelineShape shape, int stage, ScheduleOrder into)
    {
        int stages = shape.Stages;
        if (stages == 1)
        {
            Schedule.Usual.Order(shape, stage, into);
            return;
        }

        int half = stages / 2;
        int fromEnd = Math.Min(stage, stages - 1 - stage);
        int toMiddle = half - fromEnd - 1;
        Ends ends = new(into, shape, stage);
        for (int i = 0; i < 2 * toMiddle; i++)
            ends.ForwardNear();
        for (int i = 0; i <= fromEnd; i++)
        {
            ends.ForwardNear();
            ends.ForwardFar();
        }

        for (int i = 0; i < toMiddle; i++)
        {
            ends.BackwardFar(isSplit: true);
            ends.Weights();
            ends.ForwardFar();
        }

        // The steady part. The two stages in the middle have nothing to pair their first passes with.
        for (int i = 0; i <= (shape.MicroBatches / 2) - stages + fromEnd; i++)
        {
            if (i == 0 && toMiddle == 0)
            {
                ends.ForwardNear();
                ends.BackwardFar(isSplit: false);
            }
            else
            {
                ends.PairNearFar();
            }

            ends.PairFarNear();
        }

        for (int i = 0; i < toMiddle; i++)
        {
            ends.BackwardFar(isSplit: false);
            ends.PairFarNear();
        }

        // Half-way through the last whole backward passes the gradients of the weights begin to be put off.
        for (int i = 0; i <= fromEnd; i++)
        {
            int turn = (fromEnd + 1) / 2;
            ends.BackwardFar(isSplit: i > turn || (i == turn && fromEnd % 2 == 1));
            ends.BackwardNear(isSplit: i >= turn);
        }

        for (int i = 0; i < toMiddle; i++)
        {
            ends.Weights();
            ends.BackwardNear(isSplit: true);
        }

        ends.RestOfWeights();
    }

    public override int PeakPasses(PipelineShape shape, int stage) => shape.Stages == 1 ? 1 : shape.Stages + 1;

    /// <summary>The passes of one stage so far, of the direction whose end is near and of the other.</summary>
    private ref struct Ends(ScheduleOrder order, PipelineShape shape, int stage)
    {
        private readonly ScheduleOrder order = order;
        private readonly int nearChunk = Math.Min(stage, shape.Stages - 1 - stage);
        private readonly int farChunk = Math.Max(stage, shape.Stages - 1 - stage);
        private readonly int firstNear = stage < shape.Stages / 2 ? 0 : shape.MicroBatches / 2;
        private readonly int firstFar = stage < shape.Stages / 2 ? shape.MicroBatches / 2 : 0;
        private int forwardNear;
        private int forwardFar;
        private int backwardNear;
        private int backwardFar;

        private PutOff putOff;

        public void ForwardNear() => order.Forward(nearChunk, firstNear + forwardNear++);

        public void ForwardFar() => order.Forward(farChunk, firstFar + forwardFar++);

        public void BackwardNear(bool isSplit) => Backward(nearChunk, firstNear + backwardNear++, isSplit);

        public void BackwardFar(bool isSplit) => Backward(farChunk, firstFar + backwardFar++, isSplit);

        public void PairNearFar() => order.Pair(nearChunk, firstNear + forwardNear++, farChunk, firstFar + backwardFar++);

        public void PairFarNear() => order.Pair(farChunk, firstFar + forwardFar++, nearChunk, firstNear + backwardNear++);

        public void Weights()
        {
            (int chunk, int microBatch) = putOff.Next(order);
            order.WeightGradient(chunk, microBatch);
        }

        public void RestOfWeights()
        {
            while (putOff.HasAny(order))
                Weights();
        }

        private readonly void Backward(int chunk, int microBatch, bool isSplit)
        {
            if (isSplit)
                order.InputGradient(chunk, microBatch);
            else
                order.Backward(chunk, microBatch);
        }
    }

    /// <summary>Input gradients of an order whose weights are not done yet, oldest first: a place in the order itself.</summary>
    private struct PutOff
    {
        private int at;

        public bool HasAny(ScheduleOrder order)
        {
            ReadOnlySpan<ScheduleSlot> slots = order.Slots;
            while (at < slots.Length && slots[at].Kind != PassKind.InputGradient)
                at++;
            return at < slots.Length;
        }

        public (int Chunk, int MicroBatch) Next(ScheduleOrder order)
        {
            if (!HasAny(order))
                throw new InvalidOperationException("no gradient of weights is left");
            ScheduleSlot slot = order.Slots[at++];
            return (slot.Chunk, slot.MicroBatch);
        }
    }
}
