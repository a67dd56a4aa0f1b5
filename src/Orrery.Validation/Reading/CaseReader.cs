using Orrery.Models;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Reading;

/// <summary>
/// Makes a published row into the inputs of a predictor. What the source leaves out is filled by rules, each noted; what cannot be filled, and what
/// contradicts itself, makes the row skipped with the reason.
/// </summary>
/// <remarks>
/// Rules. Chips: blank is the product of the degrees given. Degrees: a single blank one is what the others leave of the units; further blank ones are 1. Units: those of the row, else its chips.
/// Batches: <c>global = dp * micro * accumulation</c>; a blank micro-batch is what the other three leave, else 1. Interleaved stages: blank and 0 are 1.
/// Experts: blank expert parallelism is 1. ZeRO: its column; else 3 where weights are sharded; else what the optimizer's words or the stack imply; else 0.
/// </remarks>
public sealed class CaseReader(CaseConventions conventions, ModelLibrary models)
{
    /// <summary>Inputs of a training case.</summary>
    public CaseReading Read(TrainingCase row) => Read(row.Origin, row.Job);

    /// <summary>Inputs of a memory case. Its peak needs a full pipeline and no more: blank batches are as many micro-batches as stages.</summary>
    public CaseReading Read(MemoryCase row)
    {
        JobColumns job = row.Job;
        return job.GlobalBatchSeqs is null && job.GradAccum is null && job.MicroBatchSeqs is not null
            ? Read(row.Origin, job with { GradAccum = Math.Max(1, job.Pp ?? 1) })
            : Read(row.Origin, job);
    }

    /// <summary>Inputs of a job.</summary>
    public CaseReading Read(CaseOrigin origin, JobColumns job)
    {
        List<string> notes = [];
        if (Chips(job, notes) is not { } chips)
            return Skip("number of chips");
        if (job.Seq is not { } sequence)
            return Skip("sequence length");
        if (job.Chip.Length == 0)
            return Skip("chip");
        if (!conventions.Precisions.TryGetValue(job.Precision, out PrecisionReading? precision))
            return Skip($"no reading of the precision '{job.Precision}'");
        if (!conventions.Tasks.TryGetValue(job.Task, out CaseTask task))
            return Skip($"no reading of the task '{job.Task}'");
        if (!conventions.Recomputes.TryGetValue(job.Recompute, out (CaseRecompute Means, string Note) recompute))
            return Skip($"no reading of the recomputation '{job.Recompute}'");
        if (!conventions.Optimizers.TryGetValue(job.Optimizer, out (CaseOptimizer Means, int Zero, string Note) optimizer))
            return Skip($"no reading of the optimizer '{job.Optimizer}'");
        if (CaseArchitecture.Of(job, models, notes, out string why) is not { } architecture)
            return Skip(why);

        int units = job.Units ?? chips;
        if (units % chips != 0)
            return Skip($"{units} units on {chips} chips");
        if (Degrees(job, units, notes) is not { } degrees)
            return Skip($"degrees do not multiply to {units} units");
        if (conventions.PrintsMicroBatchOfDevice(origin.Stack) && job.MicroBatchSeqs is { } ofDevice && degrees.Dp < units)
        {
            job = job with { MicroBatchSeqs = ofDevice * (units / degrees.Dp) };
            notes.Add($"micro-batch printed {ofDevice} for a device: {job.MicroBatchSeqs} for a data-parallel rank of {units / degrees.Dp}");
        }

        if (Batches(job, degrees.Dp, notes, out why) is not { } batches)
            return Skip(why);

        architecture = architecture with { LossPositionFraction = conventions.LossPositionFraction(architecture.ModelType, sequence) };
        if (precision.IsAmbiguous)
            notes.Add($"precision {(job.Precision.Length == 0 ? "blank" : job.Precision)}: {precision.Note}");
        if (recompute.Note.Length > 0)
            notes.Add($"recompute {job.Recompute}: {recompute.Note}");
        if (optimizer.Note.Length > 0)
            notes.Add($"optimizer: {optimizer.Note}");

        return new CaseReading(
            new TrainingCaseInputs
            {
                Origin = origin,
                Architecture = architecture,
                Chip = job.Chip,
                System = origin.System,
                Stack = origin.Stack,
                Chips = chips,
                Units = units,
                Sequence = sequence,
                GlobalBatch = batches.Global,
                MicroBatch = batches.Micro,
                GradientAccumulation = batches.Accumulation,
                TensorParallel = degrees.Tp,
                PipelineParallel = degrees.Pp,
                VirtualStages = Math.Max(1, job.Vp ?? 1),
                DataParallel = degrees.Dp,
                ContextParallel = degrees.Cp,
                ExpertParallel = ExpertParallel(job, architecture, notes),
                Zero = Zero(origin, job, optimizer.Zero, notes),
                ShardRanks = ShardRanks(job, degrees.Dp),
                SequenceParallel = job.SequenceParallel,
                Recompute = recompute.Means,
                RecomputeWords = job.Recompute,
                Precision = precision,
                Optimizer = optimizer.Means,
                Task = task,
                Job = job,
                Notes = [.. notes],
            },
            "");
    }

    private static CaseReading Skip(string why) => new(null, why);

    /// <summary>Chips of the row; a figure of one rank's memory may give degrees only.</summary>
    private static int? Chips(JobColumns job, List<string> notes)
    {
        if (job.Chips is { } chips)
            return chips;
        if (job.Units is not null || job.Tp is null)
            return null;
        long product = (long)job.Tp.Value * (job.Pp ?? 1);
        product *= (long)(job.Dp ?? 1) * (job.Cp ?? 1);
        if (product is < 1 or > 1 << 24)
            return null;
        notes.Add($"chips blank: {product}, the product of the degrees");
        return (int)product;
    }

    private static (int Tp, int Pp, int Dp, int Cp)? Degrees(JobColumns job, int units, List<string> notes)
    {
        // Data parallelism takes up what is left before any other degree does.
        string[] names = ["dp", "tp", "pp", "cp"];
        int?[] given = [job.Dp, job.Tp, job.Pp, job.Cp];
        int[] degrees = new int[4];
        long product = 1;
        int left = -1;
        for (int index = 0; index < degrees.Length; index++)
        {
            if (given[index] is { } degree)
            {
                degrees[index] = degree;
                product *= degree;
            }
            else if (left < 0)
            {
                left = index;
            }
            else
            {
                degrees[index] = 1;
                notes.Add($"{names[index]} blank: 1");
            }
        }

        if (left >= 0)
        {
            if (product > units || units % product != 0)
                return null;
            degrees[left] = (int)(units / product);
            product *= degrees[left];
            notes.Add($"{names[left]} blank: {degrees[left]}, what the others leave");
        }

        return product == units ? (degrees[1], degrees[2], degrees[0], degrees[3]) : null;
    }

    private static (int Global, int Micro, int Accumulation)? Batches(JobColumns job, int dp, List<string> notes, out string why)
    {
        why = "";
        int? micro = job.MicroBatchSeqs;
        int? accumulation = job.GradAccum;
        if (job.GlobalBatchSeqs is not { } global)
        {
            if (micro is null || accumulation is null)
            {
                why = "global batch";
                return null;
            }

            long all = (long)dp * micro.Value * accumulation.Value;
            if (all > int.MaxValue)
            {
                why = $"a global batch of {all}";
                return null;
            }

            notes.Add("global batch blank: dp * micro-batch * accumulation");
            return ((int)all, micro.Value, accumulation.Value);
        }

        if (micro is null)
        {
            long per = (long)dp * (accumulation ?? 1);
            bool fits = accumulation is not null && per <= global && global % per == 0;
            micro = fits ? (int)(global / per) : 1;
            notes.Add(fits ? $"micro-batch blank: {micro}, what batch, dp and accumulation leave" : "micro-batch blank: 1");
        }

        long oneStep = (long)dp * micro.Value;
        if (oneStep > global || global % oneStep != 0)
        {
            why = $"a global batch of {global} on {dp} data-parallel ranks of micro-batch {micro}";
            return null;
        }

        int steps = (int)(global / oneStep);
        if (accumulation is { } printed && printed != steps)
            notes.Add($"accumulation printed {printed}; {steps} follows from the batches");
        return (global, micro.Value, steps);
    }

    private static int ExpertParallel(JobColumns job, ModelArchitecture architecture, List<string> notes)
    {
        if (job.Ep is { } ep)
            return ep;
        if (architecture.HasExperts)
            notes.Add("ep blank: 1");
        return 1;
    }

    private int Zero(CaseOrigin origin, JobColumns job, int fromOptimizer, List<string> notes)
    {
        if (job.Zero is { } printed)
            return printed;
        if (job.FsdpShard is > 1)
        {
            notes.Add("zero blank: 3, weights are sharded");
            return 3;
        }

        if (fromOptimizer > 0)
        {
            notes.Add($"zero blank: {fromOptimizer}, optimizer is {job.Optimizer}");
            return fromOptimizer;
        }

        if (conventions.ZeroOf(origin.Stack) is { } ofStack)
        {
            notes.Add($"zero blank: {ofStack}, as {origin.Stack} runs");
            return ofStack;
        }

        return 0;
    }

    private static int ShardRanks(JobColumns job, int dp) =>
        job.FsdpShard is > 0 ? job.FsdpShard.Value : job.Zero == 3 ? dp : 0;
}
