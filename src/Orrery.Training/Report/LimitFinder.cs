using System.Collections.Immutable;
using System.Globalization;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// Names the two or three things that cost a step most beyond useful computation and prices what would change them, by estimating the changed
/// plan with the same model.
/// </summary>
public sealed class LimitFinder(TrainingContext context, Plan plan, int ranks)
{
    private const double Noticeable = 0.02;
    private readonly List<string> objections = [];

    /// <summary>Limits, largest first; at least one, at most three.</summary>
    public ImmutableArray<Limit> Find(in StepBreakdown breakdown, double stepTime, MemoryReport memory)
    {
        var found = new List<Limit>();
        Add(found, "pipeline bubble", breakdown.PipelineBubble, stepTime, BubbleRemedy(stepTime));
        Add(found, "recomputation", breakdown.Recompute, stepTime, RecomputeRemedy(stepTime, memory));
        Add(found, "tensor-parallel communication", breakdown.TensorParallel, stepTime, TensorRemedy(stepTime));
        Add(found, "expert dispatch and combine", breakdown.ExpertParallel, stepTime, ExpertRemedy(stepTime));
        Add(found, "gradient reduction and weight gathering", breakdown.DataParallel, stepTime, BatchRemedy());
        Add(found, "context-parallel communication", breakdown.ContextParallel, stepTime, "fewer context-parallel ranks or shorter sequences");
        Add(found, "stage hops", breakdown.PipelineTransfer, stepTime, "fewer stages or chunks; larger micro-batches");
        Add(found, "host and launch overhead", breakdown.Overhead, stepTime, "captured graphs, larger micro-batches or fewer tensor-parallel ranks");
        Add(found, "stragglers", breakdown.Straggler, stepTime, "fewer servers in one job; health checks that remove slow ones");
        Add(found, "optimizer", breakdown.Optimizer, stepTime, plan.Zero == 0 ? "zero 1 shards it over data-parallel ranks" : "a larger global batch spreads it over more tokens");
        found.Sort(static (a, b) => b.Time.Value.CompareTo(a.Time.Value));
        if (found.Count > 2)
            found.RemoveRange(2, found.Count - 2);
        found.Add(ComputeLimit(breakdown, stepTime));
        found.Sort(static (a, b) => b.Time.Value.CompareTo(a.Time.Value));
        return [.. found];
    }

    private static void Add(List<Limit> found, string what, Seconds time, double stepTime, string remedy)
    {
        if (time.Value > Noticeable * stepTime)
            found.Add(new Limit(what, time, remedy));
    }

    private Limit ComputeLimit(in StepBreakdown breakdown, double stepTime)
    {
        double matrix = 0;
        double bytes = 0;
        if (context.Steps.Estimate(plan, out StepEstimate estimate))
        {
            matrix = estimate.MatrixBusy;
            bytes = estimate.MemoryBytes / (context.System.Chip.MemoryBandwidth.Value.Value / context.Chip.RanksPerChip);
        }

        string remedy = string.Create(
            CultureInfo.InvariantCulture,
            $"matrix engine active {Percent(matrix / stepTime)} of the step, memory {Percent(Math.Min(1, bytes / stepTime))}; {(plan.Precision is NumberFormat.Bf16 or NumberFormat.Fp16 ? NarrowerPrecision(stepTime) : "larger micro-batches or better fused kernels")}");
        return new Limit("computation", breakdown.Compute, remedy);
    }

    private string NarrowerPrecision(double stepTime)
    {
        foreach (NumberFormat format in (ReadOnlySpan<NumberFormat>)[NumberFormat.Mxfp8, NumberFormat.Fp8])
        {
            if (context.System.Chip.Peak.ContainsKey(format) && Gain(plan with { Precision = format }, stepTime) is { } gain)
                return $"--precision {format.Text()} {gain}";
        }

        return "no narrower format on this chip";
    }

    private string BubbleRemedy(double stepTime)
    {
        if (plan.PipelineParallel == 1)
            return "";
        for (int factor = 4; factor >= 2; factor--)
        {
            Plan more = plan with { VirtualStages = plan.VirtualStages * factor, Schedule = Schedule.UsualOfChunks };
            if (Gain(more, stepTime) is { } gain)
                return $"--vpp {more.VirtualStages} {gain}";
        }

        if (plan.Split is null && Gain(plan with { Split = PipelineSplit.Automatic }, stepTime) is { } split)
            return $"--pipeline-split {PipelineSplit.AutomaticWord} {split}";

        // Another order of passes, where the stack has one.
        foreach (string word in context.Stack.Schedules)
        {
            if (Schedule.List.Find(word) is { } other && other != plan.Schedule && other.WeightCopies == 1)
            {
                int chunks = Math.Min(plan.VirtualStages, other.MostVirtualStages);
                for (; chunks <= Math.Min(2, other.MostVirtualStages); chunks++)
                {
                    if (Gain(plan with { VirtualStages = chunks, Schedule = other }, stepTime) is { } better)
                        return $"--schedule {word}{(chunks > 1 ? $" --vpp {chunks}" : "")} {better}";
                }
            }
        }

        Plan doubled = plan with { GlobalBatch = plan.GlobalBatch * 2 };
        return context.Steps.Estimate(doubled, out StepEstimate estimate)
            ? $"a global batch of {doubled.GlobalBatch} would give {Signed((2 * stepTime / estimate.StepTime) - 1)} tokens/s"
            : "more micro-batches a step";
    }

    private string RecomputeRemedy(double stepTime, MemoryReport memory)
    {
        Plan kept = plan with { Recompute = Recompute.None, RecomputeModules = RecomputeModules.None };
        if (!context.Steps.Estimate(kept, out StepEstimate estimate))
            return "more memory a rank";
        double needed = context.Memory.Evaluate(kept).Total.Value;
        double gain = (stepTime / estimate.StepTime) - 1;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"keeping activations would give {Signed(gain)} but needs {needed / 1e9:F0} GB a rank of {memory.Capacity.Value / 1e9:F0}");
    }

    private string TensorRemedy(double stepTime)
    {
        Plan half = plan with { TensorParallel = plan.TensorParallel / 2, PipelineParallel = plan.PipelineParallel * 2, VirtualStages = 1, Schedule = Schedule.Usual };
        if (half.TensorParallel >= 1 && Gain(half, stepTime) is { } gain)
            return $"--tp {half.TensorParallel} --pp {half.PipelineParallel} {gain}";
        return "it is paid for by memory: fewer tensor-parallel ranks need more memory a rank or more stages";
    }

    private string ExpertRemedy(double stepTime)
    {
        Plan half = plan with { ExpertParallel = plan.ExpertParallel / 2 };
        if (half.ExpertParallel >= 1 && Gain(half, stepTime) is { } gain)
            return $"--ep {half.ExpertParallel} {gain}";
        return !plan.OverlapsExperts && Gain(plan with { OverlapsExperts = true }, stepTime) is { } hidden
            ? $"--overlap-experts {hidden}"
            : "keep experts inside the scale-up domain";
    }

    private string BatchRemedy()
    {
        Plan doubled = plan with { GlobalBatch = plan.GlobalBatch * 2 };
        return context.Steps.Estimate(plan, out StepEstimate now) && context.Steps.Estimate(doubled, out StepEstimate estimate)
            ? $"a global batch of {doubled.GlobalBatch} would give {Signed((2 * now.StepTime / estimate.StepTime) - 1)} tokens/s"
            : "a larger global batch";
    }

    /// <summary>Relative gain of a changed plan as text, or null when it is illegal, does not fit or does not help.</summary>
    private string? Gain(Plan changed, double stepTime)
    {
        objections.Clear();
        PlanRules.Check(changed, context.Model, ranks, objections);
        if (objections.Count > 0 || !context.Steps.Estimate(changed, out StepEstimate estimate) || !context.Memory.Evaluate(changed).Fits)
            return null;
        double gain = (stepTime / estimate.StepTime) - 1;
        return gain > 0.005 ? $"would give {Signed(gain)} tokens/s" : null;
    }

    private static string Signed(double share) => (share >= 0 ? "+" : "") + (share * 100).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static string Percent(double share) => (share * 100).ToString("F0", CultureInfo.InvariantCulture) + " %";
}
