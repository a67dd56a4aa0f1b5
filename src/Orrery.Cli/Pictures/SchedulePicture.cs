using System.Globalization;
using Orrery.Engine;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Pictures;

/// <summary>
/// The timeline of a pipeline: a row for each stage, a box for each pass with the number of its micro-batch, and the idle time between them, as the event
/// run executed it.
/// </summary>
public static class SchedulePicture
{
    private const double Left = 64;
    private const double Top = 44;
    private const double RowHeight = 26;
    private const double Gap = 5;
    private const double Legend = 58;
    private const double NarrowestLabelled = 9;
    private const string Idle = "#e8e8ec";

    /// <summary>What a kind of bar is called and its colours: of a stage's first chunk and of its others, or of the other direction.</summary>
    private static readonly (StepTaskKind Kind, string Words, string Colour, string Lighter, string Ink)[] Kinds =
    [
        (StepTaskKind.Forward, "F forward", "#3f74d1", "#9dbdf2", "#fff"),
        (StepTaskKind.Backward, "B both gradients", "#c2571a", "#eeae86", "#fff"),
        (StepTaskKind.InputGradient, "I input gradient", "#e39a2d", "#f5d59c", "#222"),
        (StepTaskKind.WeightGradient, "W weight gradient", "#2f8f57", "#9bd3b0", "#fff"),
        (StepTaskKind.Hop, "receive", "#6f6f78", "#6f6f78", "#fff"),
        (StepTaskKind.GradientReduction, "gradient reduction", "#8c5bb5", "#8c5bb5", "#fff"),
        (StepTaskKind.OptimizerUpdate, "optimizer", "#7b6a55", "#7b6a55", "#fff"),
        (StepTaskKind.Fixed, "waiting and fixed time", "#b9b3a8", "#b9b3a8", "#222"),
    ];

    /// <summary>The schedule as it is published: four stages, eight micro-batches, F and W of one unit, B of two, hops of none.</summary>
    public static string Draw(Schedule schedule)
    {
        PipelineShape shape = Example(schedule);
        double[] forward = Units(shape.Chunks, 1);
        double[] backward = Units(shape.Chunks, 2);
        double[] none = new double[shape.Chunks];
        StepRun run = new();
        Seconds time = run.Execute(schedule, shape, new PassTimes(forward, backward, forward, none, none, shape.Stages, 0), 0);
        int perStage = shape.Chunks / shape.Stages;
        double idle = time.Value - (3 * perStage * shape.MicroBatches);
        string title = string.Create(
            CultureInfo.InvariantCulture,
            $"{schedule.Name}: {shape.Stages} stages, {shape.MicroBatches} micro-batches{(perStage > 1 ? $", {perStage} chunks a stage" : "")}; idle {100 * idle / time.Value:0.#} % of each stage");
        return Draw(run, schedule, shape, title, time, time, time.Value, "passes", 24.0 / perStage);
    }

    /// <summary>One step of a plan, as priced; the run is the last of <paramref name="context"/>.</summary>
    public static string Draw(TrainingContext context, Plan plan, Seconds step, string title)
    {
        double passes = context.Run.Scale.ToSeconds(context.Run.Times.Makespan).Value;
        (double unit, string name) = step.Value >= 2 ? (1, "s") : (1e-3, "ms");
        double perUnit = Math.Clamp(plan.MicroBatches * plan.VirtualStages * 36.0, 1000, 4000) / (step.Value / unit);
        return Draw(context.Run, plan.Schedule, plan.Pipeline, title, new Seconds(passes), step, step.Value / unit, name, perUnit, context.Steps.OptimizerTime);
    }

    /// <summary>Stages and micro-batches small enough to read, and large enough to show what a schedule does.</summary>
    public static PipelineShape Example(Schedule schedule)
    {
        for (int chunks = 1; chunks <= schedule.MostVirtualStages; chunks++)
        {
            var shape = new PipelineShape(4, chunks, 8);
            bool isUsual = schedule != Schedule.UsualOfChunks || chunks == 2;
            if (isUsual && schedule.Allows(shape))
                return shape;
        }

        return new PipelineShape(4, 1, 8);
    }

    private static double[] Units(int count, double value)
    {
        double[] values = new double[count];
        Array.Fill(values, value);
        return values;
    }

    private static string Draw(
        StepRun run, Schedule schedule, PipelineShape shape, string title, Seconds passes, Seconds whole, double length, string unit, double perUnit, double optimizer = 0)
    {
        double width = Left + (length * perUnit) + 24;
        double rows = Top + (shape.Stages * (RowHeight + Gap));
        double perSecond = perUnit * length / whole.Value;
        SvgDrawing drawing = new(Math.Max(width, 620), rows + Legend, title);
        drawing.Words(Left, 20, title, 14);
        for (int stage = 0; stage < shape.Stages; stage++)
        {
            double y = Top + (stage * (RowHeight + Gap));
            drawing.Words(Left - 8, y + (RowHeight * 0.68), $"stage {stage}", 12, "end");
            drawing.Box(Left, y, whole.Value * perSecond, RowHeight, Idle, corner: 0);
            Tail(drawing, y, passes.Value, whole.Value, optimizer, perSecond);
        }

        Span<bool> seen = stackalloc bool[Kinds.Length];
        TaskGraph graph = run.Graph;
        for (int index = 0; index < graph.TaskCount; index++)
        {
            TaskId task = new(index);
            StepTaskKind kind = (StepTaskKind)graph.Kind(task);
            double start = run.Scale.ToSeconds(run.Times.Start[index]).Value * perSecond;
            double end = run.Scale.ToSeconds(run.Times.End[index]).Value * perSecond;
            double y = Top + (graph.Stream(task).Value * (RowHeight + Gap));
            if (end <= start || graph.Stream(task).Value >= shape.Stages)
                continue;
            (int batch, int chunk) = graph.Labels(task);
            if (kind == StepTaskKind.Pair)
            {
                ScheduleSlot slot = run.SlotOf(task);
                Bar(drawing, schedule, shape, StepTaskKind.Forward, slot.Chunk, slot.MicroBatch, start, end, y, RowHeight / 2, seen);
                Bar(drawing, schedule, shape, StepTaskKind.Backward, slot.BesideChunk, slot.BesideMicroBatch, start, end, y + (RowHeight / 2), RowHeight / 2, seen);
            }
            else
            {
                Bar(drawing, schedule, shape, kind, chunk, batch, start, end, y, RowHeight, seen);
            }
        }

        Axis(drawing, rows, length, unit, perUnit);
        if (whole > passes)
            seen[^1] = true;
        seen[^2] |= optimizer > 0;
        WriteLegend(drawing, rows + 44, seen, schedule.ChunksHeld(shape) > 1, schedule.WeightCopies > 1);
        return drawing.ToString();
    }

    /// <summary>What comes behind the last pass, the same on every stage: stragglers and fixed time, the optimizer between them.</summary>
    private static void Tail(SvgDrawing drawing, double y, double passes, double whole, double optimizer, double perSecond)
    {
        if (whole <= passes)
            return;
        drawing.Box(Left + (passes * perSecond), y, (whole - passes) * perSecond, RowHeight, Kinds[^1].Colour, corner: 0);
        if (optimizer > 0)
            drawing.Box(Left + (passes * perSecond), y, optimizer * perSecond, RowHeight, Kinds[^2].Colour, corner: 0);
    }

    private static void Bar(
        SvgDrawing drawing, Schedule schedule, PipelineShape shape, StepTaskKind kind, int chunk, int batch, double start, double end, double y, double height, Span<bool> seen)
    {
        int at = Array.FindIndex(Kinds, one => one.Kind == kind);
        seen[at] = true;
        int stage = kind == StepTaskKind.GradientReduction ? chunk : schedule.Stage(shape, chunk, batch);
        bool isFirst = kind == StepTaskKind.GradientReduction || schedule.Chunk(shape, stage, 0) == chunk;
        drawing.Box(Left + start, y, end - start, height, isFirst ? Kinds[at].Colour : Kinds[at].Lighter, "#fff", 1);
        bool isPass = kind is not (StepTaskKind.Hop or StepTaskKind.GradientReduction);
        string words = batch.ToString(CultureInfo.InvariantCulture);
        if (isPass && end - start >= NarrowestLabelled * Math.Max(1, words.Length * 0.75))
        {
            double size = Math.Min(11, height * 0.8);
            drawing.Words(Left + ((start + end) / 2), y + (height / 2) + (size * 0.36), words, size, "middle", isFirst ? Kinds[at].Ink : "#222");
        }
    }

    private static void Axis(SvgDrawing drawing, double y, double length, string unit, double perUnit)
    {
        double step = 1;
        foreach (double candidate in (ReadOnlySpan<double>)[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
        {
            step = candidate;
            if (step * perUnit >= 48)
                break;
        }

        drawing.Line(Left, y + 2, Left + (length * perUnit), y + 2, "#888");
        for (double at = 0; at <= length + 1e-9; at += step)
        {
            drawing.Line(Left + (at * perUnit), y + 2, Left + (at * perUnit), y + 6, "#888");
            drawing.Words(Left + (at * perUnit), y + 17, at.ToString("0", CultureInfo.InvariantCulture), 10, "middle", "#555");
        }

        drawing.Words(Left - 8, y + 17, unit, 10, "end", "#555");
    }

    private static void WriteLegend(SvgDrawing drawing, double y, ReadOnlySpan<bool> seen, bool hasChunks, bool hasDirections)
    {
        double x = Left;
        for (int kind = 0; kind < Kinds.Length; kind++)
        {
            if (seen[kind])
                x = Entry(drawing, x, y, Kinds[kind].Colour, Kinds[kind].Words);
        }

        x = Entry(drawing, x, y, Idle, "idle");
        if (hasChunks)
            drawing.Words(x, y, hasDirections ? "light: other way" : "light: a later chunk", 11, colour: "#555");
    }

    private static double Entry(SvgDrawing drawing, double x, double y, string colour, string words)
    {
        drawing.Box(x, y - 10, 12, 12, colour, "#999", 1);
        drawing.Words(x + 17, y, words, 11);
        return x + 28 + (words.Length * 6.1);
    }
}
