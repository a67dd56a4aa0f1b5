namespace Orrery.Training;

/// <summary>
/// The longest path through the order of a schedule: when each pass can start, given the stage's own order and the passes it waits for. The same as
/// the event run, without events. For one thread; reused, it allocates nothing.
/// </summary>
/// <remarks>
/// Long steps repeat themselves: beyond some multiple of the number of stages each further round of micro-batches takes as long as the one before, so
/// the path is followed through that many and the rest is added at the pace of the last round.
/// </remarks>
public sealed class OrderPath
{
    /// <summary>Rounds of p micro-batches followed before the pace counts as steady.</summary>
    private const int RoundsUntilSteady = 4;

    /// <summary>Rounds over which the pace is taken.</summary>
    private const int RoundsOfPace = 2;

    [ThreadStatic]
    private static OrderPath? own;

    private readonly ScheduleOrder order = new();
    private ScheduleSlot[] slots = [];
    private int[] begins = [];
    private int[] next = [];
    private double[] free = [];
    private double[] forwardEnd = [];
    private double[] backwardEnd = [];

    /// <summary>The calling thread's own.</summary>
    public static OrderPath OfThread => own ??= new OrderPath();

    /// <summary>Seconds from the first pass to the end of the last.</summary>
    public double Length(Schedule schedule, in PassTimes times, int microBatches)
    {
        int round = times.Stages;
        int steady = RoundsUntilSteady * round;
        int pace = RoundsOfPace * round;
        if (microBatches <= steady + pace)
            return Follow(schedule, times, microBatches);
        int further = (microBatches - steady - 1) / pace;
        int last = microBatches - (further * pace);
        double whole = Follow(schedule, times, last);
        return whole + (further * (whole - Follow(schedule, times, last - pace)));
    }

    /// <summary>What pairs save, mean over stages.</summary>
    public double Saved(Schedule schedule, in PassTimes times, int microBatches)
    {
        var shape = new PipelineShape(times.Stages, times.VirtualStages, microBatches);
        double saved = 0;
        for (int stage = 0; stage < shape.Stages; stage++)
        {
            Fill(schedule, shape, stage);
            foreach (ref readonly ScheduleSlot slot in order.Slots)
                saved += slot.IsPair ? times.Saving(slot.Chunk, slot.BesideChunk) : 0;
        }

        return saved / shape.Stages;
    }

    /// <summary>Most passes held at once on one stage.</summary>
    public int PeakPasses(Schedule schedule, PipelineShape shape, int stage)
    {
        Fill(schedule, shape, stage);
        int held = 0;
        int most = 0;
        foreach (ref readonly ScheduleSlot slot in order.Slots)
        {
            held += slot.Holds ? 1 : 0;
            most = Math.Max(most, held);
            held -= slot.Frees ? 1 : 0;
        }

        return most;
    }

    private void Fill(Schedule schedule, PipelineShape shape, int stage)
    {
        order.Clear();
        schedule.Order(shape, stage, order);
    }

    private double Follow(Schedule schedule, in PassTimes times, int microBatches)
    {
        var shape = new PipelineShape(times.Stages, times.VirtualStages, microBatches);
        int stages = shape.Stages;
        Prepare(schedule, shape);
        int left = begins[stages];
        double longest = 0;
        while (left > 0)
        {
            int before = left;
            for (int stage = 0; stage < stages; stage++)
            {
                while (next[stage] < begins[stage + 1] && Ready(slots[next[stage]], shape, out double ready))
                {
                    ScheduleSlot slot = slots[next[stage]++];
                    double end = Math.Max(ready, free[stage]) + times.Of(slot);
                    free[stage] = end;
                    longest = Math.Max(longest, end);
                    Done(slot, microBatches, end);
                    left--;
                }
            }

            if (left == before)
                throw new InvalidOperationException($"the {schedule.Name} schedule deadlocks at {shape}");
        }

        return longest;
    }

    private void Prepare(Schedule schedule, PipelineShape shape)
    {
        int stages = shape.Stages;
        if (begins.Length <= stages)
        {
            begins = new int[stages + 1];
            next = new int[stages];
            free = new double[stages];
        }

        int passes = shape.Chunks * shape.MicroBatches;
        if (forwardEnd.Length < passes)
        {
            forwardEnd = new double[passes];
            backwardEnd = new double[passes];
        }

        Array.Fill(forwardEnd, -1, 0, passes);
        Array.Fill(backwardEnd, -1, 0, passes);
        int count = 0;
        for (int stage = 0; stage < stages; stage++)
        {
            Fill(schedule, shape, stage);
            if (slots.Length < count + order.Count)
                Array.Resize(ref slots, Math.Max(2 * slots.Length, count + order.Count));
            order.Slots.CopyTo(slots.AsSpan(count));
            begins[stage] = count;
            next[stage] = count;
            free[stage] = 0;
            count += order.Count;
        }

        begins[stages] = count;
    }

    /// <summary>When what a slot waits for has ended; false where that is not known yet.</summary>
    private bool Ready(in ScheduleSlot slot, PipelineShape shape, out double ready)
    {
        int at = (slot.Chunk * shape.MicroBatches) + slot.MicroBatch;
        ready = 0;
        switch (slot.Kind)
        {
            case PassKind.Forward:
                if (slot.Chunk > 0)
                    ready = forwardEnd[at - shape.MicroBatches];
                if (ready < 0 || !slot.IsPair)
                    return ready >= 0;
                double gradient = GradientReady(slot.BesideChunk, slot.BesideMicroBatch, shape);
                ready = Math.Max(ready, gradient);
                return gradient >= 0;
            case PassKind.WeightGradient:
                ready = backwardEnd[at];
                return ready >= 0;
            default:
                ready = GradientReady(slot.Chunk, slot.MicroBatch, shape);
                return ready >= 0;
        }
    }

    private double GradientReady(int chunk, int microBatch, PipelineShape shape)
    {
        int at = (chunk * shape.MicroBatches) + microBatch;
        if (forwardEnd[at] < 0)
            return -1;
        return chunk == shape.Chunks - 1 ? forwardEnd[at] : backwardEnd[at + shape.MicroBatches];
    }

    private void Done(in ScheduleSlot slot, int microBatches, double end)
    {
        int at = (slot.Chunk * microBatches) + slot.MicroBatch;
        if (slot.Kind == PassKind.Forward)
            forwardEnd[at] = end;
        else if (slot.Kind != PassKind.WeightGradient)
            backwardEnd[at] = end;
        if (slot.IsPair)
            backwardEnd[(slot.BesideChunk * microBatches) + slot.BesideMicroBatch] = end;
    }
}
