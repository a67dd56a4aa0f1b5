using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>What a task of a step is, for timelines and breakdowns.</summary>
public enum StepTaskKind : byte
{
    Hop,
    Forward,
    Backward,
    GradientReduction,
    OptimizerUpdate,
    Fixed,

    /// <summary>The gradient of the inputs alone.</summary>
    InputGradient,

    /// <summary>The gradient of the weights alone.</summary>
    WeightGradient,

    /// <summary>A forward pass beside a backward pass; the labels are those of the forward pass.</summary>
    Pair,
}

/// <summary>
/// The event run of one step: every pass of every micro-batch in the order of the schedule, on the stage times of <see cref="StepModel"/>.
/// One pipeline stands for all data-parallel replicas, which run the same program on groups that lie alike; <c>replicas</c> unfolds them.
/// </summary>
public sealed class StepRun
{
    private const byte HopKind = (byte)StepTaskKind.Hop;
    private readonly TaskGraph graph = new();
    private readonly TaskGraphRun run = new();
    private readonly ScheduleOrder order = new();
    private TaskId[] forward = [];
    private TaskId[] backward = [];
    private TaskId[] forwardReady = [];
    private TaskId[] backwardReady = [];

    /// <summary>The executed graph, for timelines.</summary>
    public TaskGraph Graph => graph;

    /// <summary>Start and end ticks of each task.</summary>
    public TaskGraphRun Times => run;

    public TickScale Scale { get; } = TickScale.Picoseconds;

    /// <summary>
    /// Runs <paramref name="plan"/> and returns the step time. <paramref name="steps"/> must have prepared the plan. Stream of a task is
    /// replica x stages + stage.
    /// </summary>
    public Seconds Execute(StepModel steps, Plan plan, int replicas = 1)
    {
        PipelineShape shape = plan.Pipeline;
        graph.Clear();
        int perReplica = shape.Chunks * shape.MicroBatches;
        if (forward.Length < perReplica * replicas)
        {
            forward = new TaskId[perReplica * replicas];
            backward = new TaskId[perReplica * replicas];
            forwardReady = new TaskId[perReplica * replicas];
            backwardReady = new TaskId[perReplica * replicas];
        }

        PassTimes times = steps.Passes(plan);
        long hop = Scale.ToTicks(new Seconds(steps.HopTime));
        for (int replica = 0; replica < replicas; replica++)
        {
            for (int stage = 0; stage < shape.Stages; stage++)
                AddStage(steps, plan, times, replica, stage, hop, perReplica);
            AddDependencies(shape, replica * perReplica);
        }

        AddReduction(steps, plan, replicas, perReplica);
        RunStatus status = run.Execute(graph);
        if (status != RunStatus.Completed)
            throw new InvalidOperationException($"the {plan.Schedule.Name} schedule deadlocks at {shape}");
        double straggler = 1 + steps.StragglerShare;
        return new Seconds((Scale.ToSeconds(run.Makespan).Value * straggler) + steps.OptimizerTime + steps.FixedTime);
    }

    /// <summary>The passes of one stage in its order, each behind the hop it waits for.</summary>
    private void AddStage(StepModel steps, Plan plan, in PassTimes times, int replica, int stage, long hop, int perReplica)
    {
        PipelineShape shape = plan.Pipeline;
        order.Clear();
        plan.Schedule.Order(shape, stage, order);
        var stream = new StreamId((replica * shape.Stages) + stage);
        double hopTime = hop > 0 ? steps.HopTime : 0;
        foreach (ref readonly ScheduleSlot slot in order.Slots)
        {
            int at = (replica * perReplica) + (slot.Chunk * shape.MicroBatches) + slot.MicroBatch;
            bool isForward = slot.Kind == PassKind.Forward;
            bool isLast = slot.Kind == PassKind.WeightGradient;
            bool receives = !isLast && (isForward ? plan.Schedule.Receives(shape, slot.Chunk) : plan.Schedule.ReceivesGradient(shape, slot.Chunk));
            bool receivesBeside = slot.IsPair && plan.Schedule.ReceivesGradient(shape, slot.BesideChunk);
            TaskId? ready = receives && hop > 0 ? graph.AddTask(stream, hop, HopKind, slot.MicroBatch, slot.Chunk) : null;
            TaskId? besideReady = receivesBeside && hop > 0 ? graph.AddTask(stream, hop, HopKind, slot.BesideMicroBatch, slot.BesideChunk) : null;
            double busy = times.Of(slot) - ((receives ? hopTime : 0) + (receivesBeside ? hopTime : 0));
            TaskId task = graph.AddTask(stream, Scale.ToTicks(new Seconds(Math.Max(0, busy))), (byte)KindOf(slot), slot.MicroBatch, slot.Chunk);
            if (isForward)
            {
                forward[at] = task;
                forwardReady[at] = ready ?? task;
            }
            else if (!isLast)
            {
                backward[at] = task;
                backwardReady[at] = ready ?? task;
            }

            if (slot.IsPair)
            {
                int beside = (replica * perReplica) + (slot.BesideChunk * shape.MicroBatches) + slot.BesideMicroBatch;
                backward[beside] = task;
                backwardReady[beside] = besideReady ?? task;
            }
        }
    }

    private static StepTaskKind KindOf(in ScheduleSlot slot) => slot.Kind switch
    {
        PassKind.Forward => slot.IsPair ? StepTaskKind.Pair : StepTaskKind.Forward,
        PassKind.Backward => StepTaskKind.Backward,
        PassKind.InputGradient => StepTaskKind.InputGradient,
        _ => StepTaskKind.WeightGradient,
    };

    /// <summary>
    /// A pass waits for the same micro-batch in the chunk before it (forward) or behind it (backward), or its hop does where there is one. The gradient of the
    /// weights follows that of the inputs in the order of its stage.
    /// </summary>
    private void AddDependencies(PipelineShape shape, int offset)
    {
        int microBatches = shape.MicroBatches;
        for (int chunk = 0; chunk < shape.Chunks; chunk++)
        {
            for (int m = 0; m < microBatches; m++)
            {
                int at = offset + (chunk * microBatches) + m;
                if (chunk > 0)
                    graph.AddDependency(forward[at - microBatches], forwardReady[at]);
                if (chunk < shape.Chunks - 1)
                    graph.AddDependency(backward[at + microBatches], backwardReady[at]);
                else
                    graph.AddDependency(forward[at], backwardReady[at]);
            }
        }
    }

    /// <summary>Exposed gradient reduction of each stage after its last backward pass, together with every replica of it.</summary>
    private void AddReduction(StepModel steps, Plan plan, int replicas, int perReplica)
    {
        int stages = plan.PipelineParallel;
        int microBatches = plan.MicroBatches;
        if (steps.ExposedReduction <= 0)
            return;
        long ticks = Scale.ToTicks(new Seconds(steps.ExposedReduction));
        for (int replica = 0; replica < replicas; replica++)
        {
            for (int stage = 0; stage < stages; stage++)
            {
                TaskId reduction = graph.AddTask(new StreamId((replica * stages) + stage), ticks, (byte)StepTaskKind.GradientReduction, 0, stage);
                // A reduction starts when every replica of the stage has its gradients; the stage's own order holds its own replica.
                for (int other = 0; other < replicas; other++)
                {
                    for (int m = 0; m < microBatches && other != replica; m++)
                        graph.AddDependency(backward[(other * perReplica) + (stage * microBatches) + m], reduction);
                }
            }
        }
    }
}
