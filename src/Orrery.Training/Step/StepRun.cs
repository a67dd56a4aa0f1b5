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
    private readonly List<ScheduleSlot> slots = [];
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
        Build(plan.Schedule, shape, steps.Passes(plan), steps.HopTime, replicas);
        int perReplica = shape.Chunks * shape.MicroBatches;
        AddReduction(steps, plan, replicas, perReplica);
        Run(plan.Schedule, shape);
        double straggler = 1 + steps.StragglerShare;
        return new Seconds((Scale.ToSeconds(run.Makespan).Value * straggler) + steps.OptimizerTime + steps.FixedTime);
    }

    /// <summary>Runs the passes of one pipeline alone, without the rest of a step; <paramref name="times"/> include hops of <paramref name="hopTime"/> seconds.</summary>
    public Seconds Execute(Schedule schedule, PipelineShape shape, in PassTimes times, double hopTime)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        Build(schedule, shape, times, hopTime, 1);
        Run(schedule, shape);
        return Scale.ToSeconds(run.Makespan);
    }

    /// <summary>The passes that a task of the last run does; of a hop, the pass it comes before.</summary>
    public ScheduleSlot SlotOf(TaskId task) => slots[task.Value];

    private void Run(Schedule schedule, PipelineShape shape)
    {
        if (run.Execute(graph) != RunStatus.Completed)
            throw new InvalidOperationException($"the {schedule.Name} schedule deadlocks at {shape}");
    }

    private void Build(Schedule schedule, PipelineShape shape, in PassTimes times, double hopTime, int replicas)
    {
        graph.Clear();
        slots.Clear();
        int perReplica = shape.Chunks * shape.MicroBatches;
        if (forward.Length < perReplica * replicas)
        {
            forward = new TaskId[perReplica * replicas];
            backward = new TaskId[perReplica * replicas];
            forwardReady = new TaskId[perReplica * replicas];
            backwardReady = new TaskId[perReplica * replicas];
        }

        for (int replica = 0; replica < replicas; replica++)
        {
            for (int stage = 0; stage < shape.Stages; stage++)
            {
                order.Clear();
                schedule.Order(shape, stage, order);
                AddStage(schedule, shape, times, new StreamId((replica * shape.Stages) + stage), replica * perReplica, hopTime);
            }

            AddDependencies(shape, replica * perReplica);
        }
    }

    /// <summary>The passes of one stage in its order, each behind the hop it waits for.</summary>
    private void AddStage(Schedule schedule, PipelineShape shape, in PassTimes times, StreamId stream, int offset, double hopTime)
    {
        long hop = Scale.ToTicks(new Seconds(hopTime));
        foreach (ref readonly ScheduleSlot slot in order.Slots)
        {
            int at = offset + (slot.Chunk * shape.MicroBatches) + slot.MicroBatch;
            bool isForward = slot.Kind == PassKind.Forward;
            bool isLast = slot.Kind == PassKind.WeightGradient;
            bool receives = !isLast && (isForward ? schedule.Receives(shape, slot.Chunk) : schedule.ReceivesGradient(shape, slot.Chunk));
            bool receivesBeside = slot.IsPair && schedule.ReceivesGradient(shape, slot.BesideChunk);
            TaskId? ready = receives && hop > 0 ? Add(slot, graph.AddTask(stream, hop, HopKind, slot.MicroBatch, slot.Chunk)) : null;
            TaskId? besideReady = receivesBeside && hop > 0 ? Add(slot, graph.AddTask(stream, hop, HopKind, slot.BesideMicroBatch, slot.BesideChunk)) : null;
            double busy = times.Of(slot) - ((receives ? hopTime : 0) + (receivesBeside ? hopTime : 0));
            TaskId task = Add(slot, graph.AddTask(stream, Scale.ToTicks(new Seconds(Math.Max(0, busy))), (byte)KindOf(slot), slot.MicroBatch, slot.Chunk));
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
                int beside = offset + (slot.BesideChunk * shape.MicroBatches) + slot.BesideMicroBatch;
                backward[beside] = task;
                backwardReady[beside] = besideReady ?? task;
            }
        }
    }

    private TaskId Add(in ScheduleSlot slot, TaskId task)
    {
        slots.Add(slot);
        return task;
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
                TaskId reduction = Add(default, graph.AddTask(new StreamId((replica * stages) + stage), ticks, (byte)StepTaskKind.GradientReduction, 0, stage));
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
