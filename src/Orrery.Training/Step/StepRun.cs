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
    private TaskId[] forward = [];
    private TaskId[] backward = [];
    private ScheduleSlot[] order = [];
    private long[] forwardTicks = [];
    private long[] backwardTicks = [];

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
        int stages = plan.PipelineParallel;
        int chunks = stages * plan.VirtualStages;
        int microBatches = plan.MicroBatches;
        Schedule schedule = Schedule.Of(plan.Schedule);
        graph.Clear();
        int perReplica = chunks * microBatches;
        if (forward.Length < perReplica * replicas)
        {
            forward = new TaskId[perReplica * replicas];
            backward = new TaskId[perReplica * replicas];
        }

        int passes = Schedule.Passes(plan.VirtualStages, microBatches);
        if (order.Length < passes)
            order = new ScheduleSlot[passes];

        long hop = Scale.ToTicks(new Seconds(steps.HopTime));
        for (int replica = 0; replica < replicas; replica++)
        {
            for (int stage = 0; stage < stages; stage++)
                AddStage(steps, plan, schedule, replica, stage, hop, perReplica);
            AddDependencies(chunks, microBatches, replica * perReplica, hop > 0);
        }

        AddReduction(steps, plan, replicas, perReplica);
        RunStatus status = run.Execute(graph);
        if (status != RunStatus.Completed)
            throw new InvalidOperationException($"the {schedule.Name} schedule deadlocks at pp {stages}, vpp {plan.VirtualStages}, {microBatches} micro-batches");
        double straggler = 1 + steps.StragglerShare;
        return new Seconds((Scale.ToSeconds(run.Makespan).Value * straggler) + steps.OptimizerTime + steps.FixedTime);
    }

    private void AddStage(StepModel steps, Plan plan, Schedule schedule, int replica, int stage, long hop, int perReplica)
    {
        int microBatches = plan.MicroBatches;
        int stages = plan.PipelineParallel;
        int last = (stages * plan.VirtualStages) - 1;
        Span<ScheduleSlot> slots = order.AsSpan(0, Schedule.Passes(plan.VirtualStages, microBatches));
        schedule.Order(stage, stages, plan.VirtualStages, microBatches, slots);
        var stream = new StreamId((replica * stages) + stage);
        if (forwardTicks.Length < plan.VirtualStages)
        {
            forwardTicks = new long[plan.VirtualStages];
            backwardTicks = new long[plan.VirtualStages];
        }

        for (int local = 0; local < plan.VirtualStages; local++)
        {
            LayerCost cost = steps.ChunkCost((local * stages) + stage);
            forwardTicks[local] = Scale.ToTicks(new Seconds(cost.Forward));
            backwardTicks[local] = Scale.ToTicks(new Seconds(cost.Backward));
        }

        foreach (ScheduleSlot slot in slots)
        {
            int at = (replica * perReplica) + (slot.Chunk * microBatches) + slot.MicroBatch;
            int local = slot.Chunk / stages;
            bool receives = slot.IsBackward ? slot.Chunk < last : slot.Chunk > 0;
            if (receives && hop > 0)
                graph.AddTask(stream, hop, HopKind, slot.MicroBatch, slot.Chunk);
            TaskId task = slot.IsBackward
                ? graph.AddTask(stream, backwardTicks[local], (byte)StepTaskKind.Backward, slot.MicroBatch, slot.Chunk)
                : graph.AddTask(stream, forwardTicks[local], (byte)StepTaskKind.Forward, slot.MicroBatch, slot.Chunk);
            if (slot.IsBackward)
                backward[at] = task;
            else
                forward[at] = task;
        }
    }

    /// <summary>A pass waits for the same micro-batch in the chunk before it (forward) or behind it (backward); its hop comes first where there is one.</summary>
    private void AddDependencies(int chunks, int microBatches, int offset, bool hasHops)
    {
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            for (int m = 0; m < microBatches; m++)
            {
                int at = offset + (chunk * microBatches) + m;
                if (chunk > 0)
                    graph.AddDependency(forward[at - microBatches], Received(forward[at], hasHops));
                if (chunk < chunks - 1)
                    graph.AddDependency(backward[at + microBatches], Received(backward[at], hasHops));
                else
                    graph.AddDependency(forward[at], backward[at]);
            }
        }
    }

    /// <summary>The hop task stands directly before the pass that needs it.</summary>
    private static TaskId Received(TaskId pass, bool hasHops) => hasHops ? new TaskId(pass.Value - 1) : pass;

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
