using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// The timeline of one training step: for each pipeline stage a row of passes and a row of what comes over the network, as the event run executed
/// them, then stragglers, optimizer and fixed time, so that the last bar ends with the step. One pipeline stands for all its replicas.
/// </summary>
public static class StepTimeline
{
    private const string Compute = "compute";
    private const string Network = "network";

    /// <summary>The bars of one plan; throws where its layers cannot be laid on its stages.</summary>
    public static ImmutableArray<TimelineEvent> Of(TrainingContext context, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(plan);
        if (!context.Steps.Estimate(plan, out _))
            throw new ArgumentException("the layers cannot be laid on the stages", nameof(plan));
        context.Run.Execute(context.Steps, plan);
        TaskGraph graph = context.Run.Graph;
        ReadOnlySpan<long> start = context.Run.Times.Start, end = context.Run.Times.End;
        ImmutableArray<TimelineEvent>.Builder bars = ImmutableArray.CreateBuilder<TimelineEvent>(graph.TaskCount + (3 * plan.PipelineParallel));
        for (int index = 0; index < graph.TaskCount; index++)
        {
            TaskId task = new(index);
            long duration = end[index] - start[index];
            (int batch, int chunk) = graph.Labels(task);
            StepTaskKind kind = (StepTaskKind)graph.Kind(task);
            (string row, string name, string category) = Describe(kind, batch, chunk, plan);
            if (kind == StepTaskKind.Pair)
            {
                ScheduleSlot slot = context.Run.SlotOf(task);
                name = $"{Pass("forward", slot.MicroBatch, slot.Chunk, plan)} beside {Pass("backward", slot.BesideMicroBatch, slot.BesideChunk, plan)}";
            }

            bars.Add(new TimelineEvent(graph.Stream(task).Value, row, name, start[index], duration, category));
        }

        TickScale scale = context.Run.Scale;
        long makespan = context.Run.Times.Makespan;
        long straggler = scale.ToTicks(scale.ToSeconds(makespan) * context.Steps.StragglerShare);
        long optimizer = scale.ToTicks(new Seconds(context.Steps.OptimizerTime));
        long fixedTime = scale.ToTicks(new Seconds(context.Steps.FixedTime));
        for (int stage = 0; stage < plan.PipelineParallel; stage++)
        {
            Add(stage, "waiting for the slowest server", "straggler", makespan, straggler);
            Add(stage, "optimizer", "optimizer", makespan + straggler, optimizer);
            Add(stage, "fixed", "overhead", makespan + straggler + optimizer, fixedTime);
        }

        return bars.ToImmutable();

        void Add(int stage, string name, string category, long at, long duration)
        {
            if (duration > 0)
                bars.Add(new TimelineEvent(stage, Compute, name, at, duration, category));
        }
    }

    /// <summary>Runs the step of a report again and writes its timeline to a file, with the plan beside it. A path that cannot be written throws as files do.</summary>
    public static ImmutableArray<Diagnostic> WriteFile(string path, TrainingReport report, DataCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(report);
        TrainingRequest request = report.Request;
        Result<TrainingContext> made = new TrainingContextFactory(catalog).Create(request.Model, request.System, request.Stack, report.RanksPerChip);
        if (made.Value is { } context)
            TraceEventWriter.WriteFile(path, Of(context, report.Plan).AsSpan(), context.Run.Scale, "stage", Properties(report));
        return made.Diagnostics;
    }

    private static (string Row, string Name, string Category) Describe(StepTaskKind kind, int batch, int chunk, Plan plan) => kind switch
    {
        StepTaskKind.Forward => (Compute, Pass("forward", batch, chunk, plan), "forward"),
        StepTaskKind.Backward => (Compute, Pass("backward", batch, chunk, plan), "backward"),
        StepTaskKind.InputGradient => (Compute, Pass("input gradient", batch, chunk, plan), "input-gradient"),
        StepTaskKind.WeightGradient => (Compute, Pass("weight gradient", batch, chunk, plan), "weight-gradient"),
        StepTaskKind.Pair => (Compute, Pass("forward", batch, chunk, plan), "pair"),
        StepTaskKind.Hop => (Network, Pass("receive", batch, chunk, plan), "hop"),
        StepTaskKind.GradientReduction => (Network, "gradients", "data-parallel"),
        StepTaskKind.OptimizerUpdate => (Compute, "optimizer", "optimizer"),
        _ => (Compute, "fixed", "overhead"),
    };

    private static string Pass(string what, int batch, int chunk, Plan plan) => plan.Schedule.ChunksHeld(plan.Pipeline) > 1
        ? string.Create(CultureInfo.InvariantCulture, $"{what} {batch} chunk {Local(batch, chunk, plan)}")
        : string.Create(CultureInfo.InvariantCulture, $"{what} {batch}");

    /// <summary>Which of the chunks of its stage a chunk is.</summary>
    private static int Local(int batch, int chunk, Plan plan)
    {
        PipelineShape shape = plan.Pipeline;
        int stage = plan.Schedule.Stage(shape, chunk, batch);
        for (int local = 0; local < plan.Schedule.ChunksHeld(shape); local++)
        {
            if (plan.Schedule.Chunk(shape, stage, local) == chunk)
                return local;
        }

        return 0;
    }

    private static KeyValuePair<string, string>[] Properties(TrainingReport report)
    {
        Plan plan = report.Plan;
        return
        [
            new("model", report.Request.Model.Name),
            new("system", report.Request.System.Id),
            new("chips", report.Request.Chips.ToString(CultureInfo.InvariantCulture)),
            new("plan", string.Create(
                CultureInfo.InvariantCulture,
                $"tp {plan.TensorParallel}, pp {plan.PipelineParallel}, vpp {plan.VirtualStages}, dp {plan.DataParallel}, cp {plan.ContextParallel}, ep {plan.ExpertParallel}, micro-batch {plan.MicroBatch}")),
            new("stepTimeS", report.StepTime.Value.ToString("R", CultureInfo.InvariantCulture)),
        ];
    }
}
