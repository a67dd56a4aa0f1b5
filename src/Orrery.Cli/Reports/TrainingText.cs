using System.Globalization;
using Orrery.Cli.Verbs;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The report of <c>train</c> for a person: at most some 45 lines of 100 columns, the same in a terminal and in a file.</summary>
public static class TrainingText
{
    private const int BarWidth = 46;
    private const int NameWidth = 18;
    private const int ProvenanceShown = 3;

    /// <summary>Parts of a step that would print as 0.0 % share a line.</summary>
    private const double SmallestShare = 0.0005;

    public static void Write(TextWriter output, Terminal terminal, TrainingQuestion question, TrainingReport report)
    {
        ReportText text = new(output, terminal);
        TrainingRequest request = report.Request;
        string ranks = report.RanksPerChip == 1 ? "" : $" ({Count(report.Ranks)} ranks)";
        text.Title($"{request.Model.Name} on {request.System.Id}: {Count(request.Chips)} {request.System.Chip.Name} chips{ranks}, "
            + $"{report.Plan.Precision.Text()}, stack {request.Stack.Id}");
        text.Gap();
        WritePlan(text, report);
        WriteMemory(text, report.Memory);
        text.Gap();
        WriteStep(text, report);
        text.Gap();
        WriteEnergyAndMoney(text, report);
        text.Gap();
        WriteLimits(text, report);
        WriteCertainty(text, report);
        WriteProvenance(text, report);
        text.Section("next");
        text.Line(NextCommand(question, report));
    }

    private static void WritePlan(ReportText text, TrainingReport report)
    {
        Plan plan = report.Plan;
        List<string> parts = [$"TP {plan.TensorParallel}", $"PP {plan.PipelineParallel}"];
        AddIf(plan.VirtualStages > 1, $"VPP {plan.VirtualStages}");
        parts.Add($"DP {Count(plan.DataParallel)}");
        AddIf(plan.ContextParallel > 1, $"CP {plan.ContextParallel}{(plan.ContextLayout == ContextLayout.Usual ? "" : $" {plan.ContextLayout}")}{(plan.IsContextBalanced ? "" : " unbalanced")}");
        AddIf(plan.ExpertParallel > 1, $"EP {plan.ExpertParallel}");
        AddIf(plan.ExpertTensorParallel > 1, $"ETP {plan.ExpertTensorParallel}");
        parts.Add($"micro-batch {plan.MicroBatch}");
        AddIf(plan.PipelineParallel > 1, $"schedule {plan.Schedule.Name}");
        parts.Add($"recompute {PlanWords.RecomputeText(plan.Recompute, plan.RecomputeModules)}");
        AddIf(plan.Split is not null && plan.PipelineParallel > 1, $"layers {Runs(report.LayersOfChunks.AsSpan())}");
        parts.Add($"ZeRO {plan.Zero}");
        AddIf(plan.ShardRanks > 0 && plan.Zero == 3, $"sharded over {Count(plan.ShardRanks)} ranks");
        AddIf(plan.Prefetch != 1, $"prefetch {plan.Prefetch}");
        AddIf(plan.Offload != Offload.None, $"{PlanWords.Text((int)plan.Offload, PlanWords.Offloads).Replace(",", " and ", StringComparison.Ordinal)} offloaded");
        bool hasExperts = report.Request.Model.HasExperts;
        AddIf(hasExperts && plan.ExpertImbalance > 1, string.Create(CultureInfo.InvariantCulture, $"expert imbalance {plan.ExpertImbalance:0.##}"));
        AddIf(hasExperts && plan.CapacityFactor > 0, string.Create(CultureInfo.InvariantCulture, $"capacity factor {plan.CapacityFactor:0.##}"));
        AddIf(plan.OverlapsExperts, "exchange of experts overlapped");
        AddIf(plan.SequenceParallel, "sequence parallel");
        AddIf(plan.Attention == AttentionKernel.Unfused, "unfused attention");
        AddIf(plan.OptimizerStates != OptimizerStates.Fp32, $"optimizer states in {plan.OptimizerStates.Text()}");
        AddIf(plan.Gradients is not null, $"gradients in {plan.Gradients?.Text()}");
        AddIf(plan.HasFrozenWeights, $"adapters of rank {plan.AdapterRank} only, weights frozen in {plan.FrozenFormat.Text()}");

        text.Section("plan");
        text.Line(string.Join(", ", parts));
        if (report.Chosen.Length > 0)
            text.Line($"chosen here: {string.Join(", ", report.Chosen)} (best of {Count(report.PlansEvaluated)} plans)", isDim: true);
        text.Section("batch");
        text.Line($"{Count(plan.GlobalBatch)} sequences of {Count(plan.Sequence)} tokens: {Count(plan.MicroBatches)} "
            + $"micro-batch{(plan.MicroBatches == 1 ? "" : "es")} for each data-parallel rank"
            + (report.Request.DocumentLength is { } documents ? $"; documents of {Count(documents)} tokens" : ""));

        void AddIf(bool holds, string part)
        {
            if (holds)
                parts.Add(part);
        }
    }

    /// <summary>Numbers with their repetitions counted: <c>10,2x11,9</c>.</summary>
    private static string Runs(ReadOnlySpan<int> numbers)
    {
        List<string> runs = [];
        for (int first = 0, next; first < numbers.Length; first = next)
        {
            next = first + 1;
            while (next < numbers.Length && numbers[next] == numbers[first])
                next++;
            runs.Add(next - first > 1 ? $"{next - first}x{numbers[first]}" : $"{numbers[first]}");
        }

        return string.Join(',', runs);
    }

    private static void WriteMemory(ReportText text, MemoryReport memory)
    {
        text.Section("memory");
        string total = Quantity.FormatBinary(memory.Total, 3);
        string capacity = Quantity.FormatBinary(memory.Capacity, 3);
        text.Line(memory.Fits
            ? $"fits: {total} of the {capacity} of the fullest rank"
            : $"DOES NOT FIT: {total} where the fullest rank has {capacity}");
        ReadOnlySpan<(string Name, Bytes Size)> parts =
        [
            ("weights", memory.Weights), ("gradients", memory.Gradients), ("optimizer", memory.Optimizer),
            ("activations", memory.Activations), ("workspace", memory.Workspace),
        ];

        // One scale for all bars: the longer of what there is and what is needed, so that a bar reads as a share of the rank's memory.
        Bytes scale = Bytes.Max(memory.Total, memory.Capacity);
        foreach ((string name, Bytes size) in parts)
        {
            if (size.Value > 0)
                WriteBar(text, name, InUnitOf(memory.Capacity, size), size / memory.Capacity, size / scale);
        }

        if (memory.Host.Value > 0)
            text.Line($"on the host: {Quantity.FormatBinary(memory.Host, 3)} a rank");
    }

    private static void WriteStep(ReportText text, TrainingReport report)
    {
        text.Section("step");
        text.Line($"{Short(report.StepTime, report.StepTime)} (80 % interval {Short(report.StepTime, report.StepTimeLow)} to {Short(report.StepTime, report.StepTimeHigh)}), "
            + $"MFU {Quantity.FormatPercent(report.Mfu)}, HFU {Quantity.FormatPercent(report.Hfu)}");
        text.Line($"{Quantity.FormatNumber(report.TokensPerSecond, 3)} tokens/s, {Quantity.FormatNumber(report.TokensPerSecondPerChip, 3)} a chip; "
            + $"{Quantity.Format(report.ModelFlopPerChip, 3)} of model work a chip");

        if (report.HealthyStepTime is { } healthy)
            text.Line($"{Short(report.StepTime, healthy)} when healthy: the faults make it {Quantity.FormatNumber(report.StepTime.Value / healthy.Value, 4)} times that{(report.Detour.Length > 0 ? $"; a message goes round by {report.Detour}" : "")}");

        StepBreakdown breakdown = report.Breakdown;
        ReadOnlySpan<(string Name, Seconds Time)> parts =
        [
            ("compute", breakdown.Compute), ("recompute", breakdown.Recompute), ("tensor parallel", breakdown.TensorParallel),
            ("context parallel", breakdown.ContextParallel), ("expert parallel", breakdown.ExpertParallel),
            ("pipeline transfer", breakdown.PipelineTransfer), ("pipeline bubble", breakdown.PipelineBubble), ("data parallel", breakdown.DataParallel),
            ("optimizer", breakdown.Optimizer), ("straggler", breakdown.Straggler), ("overhead", breakdown.Overhead),
        ];
        Seconds longest = Seconds.Zero;
        foreach ((_, Seconds time) in parts)
            longest = Seconds.Max(longest, time);
        text.Section("time");
        Seconds rest = Seconds.Zero;
        foreach ((string name, Seconds time) in parts)
        {
            if (time / report.StepTime >= SmallestShare)
                WriteBar(text, name, InUnitOf(report.StepTime, time), time / report.StepTime, time / longest);
            else
                rest += time;
        }

        if (rest / report.StepTime >= SmallestShare)
            WriteBar(text, "rest", InUnitOf(report.StepTime, rest), rest / report.StepTime, rest / longest);
    }

    private static void WriteBar(ReportText text, string name, string value, double share, double bar) =>
        text.Row($"{name.PadRight(NameWidth)}{value,9}  {(100 * share).ToString("0.0", CultureInfo.InvariantCulture),5} %  {TextLayout.Bar(bar, BarWidth)}");

    private static void WriteEnergyAndMoney(ReportText text, TrainingReport report)
    {
        EnergyReport energy = report.Energy;
        text.Section("energy");
        text.Line($"{Quantity.Format(energy.Chip, 3)} a chip, {Quantity.Format(energy.Facility, 3)} for the job at the meter, "
            + $"{Quantity.Format(energy.Step, 3)} a step");

        CostReport cost = report.Cost;
        text.Section("money");
        if (cost is { UsdPerHour: { } perHour, UsdPerMillionTokens: { } perMillion })
        {
            text.Line($"{Quantity.Format(new Dollars(perHour), 4)} an hour, {Quantity.Format(new Dollars(perMillion), 3)} per million tokens "
                + $"({cost.PriceMark}: {cost.PriceSource})");
        }
        else
        {
            double atOneDollar = 1e6 / cost.BreakEvenTokensPerUsd;
            text.Line($"no price is known; at $1 a chip and hour a million tokens cost {Quantity.Format(new Dollars(atOneDollar), 3)} "
                + $"(--price {report.Request.System.Id}=USD)");
        }

        if (report.Run is { } run)
        {
            string money = run.Usd is { } usd ? Quantity.Format(new Dollars(usd), 3) : "no price known";
            text.Section("run");
            text.Line($"{Tokens(run.Tokens)} tokens take {Quantity.Format(run.Time, 3)}, "
                + $"{Quantity.FormatKilowattHours(run.Energy, 3)}, {money}; restarts and evaluation not counted");
        }
    }

    private static void WriteLimits(ReportText text, TrainingReport report)
    {
        text.Section("limits");
        int number = 1;
        foreach (Limit limit in report.Limits)
        {
            string cost = limit.Time.Value > 0
                ? $": {Short(report.StepTime, limit.Time)} ({Quantity.FormatPercent(limit.Time / report.StepTime, 2)} of the step)"
                : "";
            string remedy = limit.Remedy.Length > 0 ? $"; {limit.Remedy}" : "";
            text.Entry($"{number++}. ", limit.What + cost + remedy);
        }

        if (report.Limits.IsEmpty)
            text.Line("nothing stands out");
    }

    private static void WriteCertainty(ReportText text, TrainingReport report)
    {
        text.Section("how sure");
        string down = Quantity.FormatPercent(1 - (report.StepTimeLow / report.StepTime), 2);
        string up = Quantity.FormatPercent((report.StepTimeHigh / report.StepTime) - 1, 2);
        text.Line($"-{down} to +{up} with 80 % confidence; its parts:");
        foreach (Uncertainty part in report.Uncertainties)
            text.Entry($"{Sides(part),7}  ", part.What);
    }

    /// <summary>A part that lies on one side has its sign.</summary>
    private static string Sides(Uncertainty part) => part.Below > 10 * part.Above ? "-" + Quantity.FormatPercent(1 - Math.Exp(-part.Below), 2)
        : part.Above > 10 * part.Below ? "+" + Quantity.FormatPercent(Math.Exp(part.Above) - 1, 2)
        : "\u00b1" + Quantity.FormatPercent(part.RelativeHalfWidth, 2);

    private static void WriteProvenance(ReportText text, TrainingReport report)
    {
        text.Section("sources");
        for (int index = 0; index < Math.Min(ProvenanceShown, report.Provenance.Length); index++)
            text.Line(report.Provenance[index], isDim: true);
        if (report.Provenance.Length > ProvenanceShown)
            text.Line($"and {report.Provenance.Length - ProvenanceShown} more, which '{CommandLine.Program} explain' lists", isDim: true);
        if (report.Provenance.IsEmpty)
            text.Line("no constant was used", isDim: true);
    }

    /// <summary>What a person most likely wants to run after reading this.</summary>
    private static string NextCommand(TrainingQuestion question, TrainingReport report)
    {
        string program = CommandLine.Program;
        if (!report.Memory.Fits && report.Request.Recompute is not null && report.Plan.Recompute != Recompute.Full)
            return $"{program} train {question.CommandWith("--recompute", "full")}";
        if (!report.Memory.Fits)
            return $"{program} train {question.CommandWith("--chips", (2L * report.Request.Chips).ToString(CultureInfo.InvariantCulture))}";
        return report.Request.Tokens is null
            ? $"{program} train {question.CommandWith("--tokens", "1T")}"
            : $"{program} explain train {question.Command()}";
    }

    /// <summary>A duration to three digits in the unit of the whole; minutes and hours only where seconds would be long.</summary>
    private static string Short(Seconds whole, Seconds time)
    {
        (double scale, string unit) = whole.Value switch { >= 600 => (1 / 60.0, "min"), >= 1 => (1, "s"), _ => (1e3, "ms") };
        return $"{Quantity.FormatNumber(time.Value * scale, 3)} {unit}";
    }

    /// <summary>A part in the unit of the whole, so that a column can be compared by eye.</summary>
    private static string InUnitOf(Seconds whole, Seconds part)
    {
        (double scale, string unit) = whole.Value >= 1 ? (1.0, "s") : whole.Value >= 1e-3 ? (1e3, "ms") : (1e6, "us");
        return $"{InDigitsOf(whole.Value * scale, part.Value * scale)} {unit}";
    }

    /// <inheritdoc cref="InUnitOf(Seconds, Seconds)"/>
    private static string InUnitOf(Bytes whole, Bytes part)
    {
        (double scale, string unit) = whole.Value >= 1 << 30 ? (1 << 30, "GiB") : (1 << 20, "MiB");
        return $"{InDigitsOf(whole.Value / scale, part.Value / scale)} {unit}";
    }

    /// <summary>A part with the decimals that show the whole to four digits.</summary>
    private static string InDigitsOf(double whole, double part)
    {
        string digits = whole switch { >= 1000 => "#,0", >= 100 => "0.0", >= 10 => "0.00", _ => "0.000" };
        return part.ToString(digits, CultureInfo.InvariantCulture);
    }

    /// <summary>Tokens as people say them: <c>15 T</c>, <c>300 B</c>.</summary>
    private static string Tokens(double tokens) => tokens switch
    {
        >= 1e12 => $"{Quantity.FormatNumber(tokens / 1e12)} T",
        >= 1e9 => $"{Quantity.FormatNumber(tokens / 1e9)} B",
        >= 1e6 => $"{Quantity.FormatNumber(tokens / 1e6)} M",
        _ => Quantity.FormatNumber(tokens),
    };

    private static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
