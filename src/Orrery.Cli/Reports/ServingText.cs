using System.Collections.Immutable;
using System.Globalization;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>The report of <c>serve</c> for a person.</summary>
public static class ServingText
{
    private const int BarWidth = 46;
    private const int NameWidth = 18;
    private const int LayoutsShown = 8;
    private const double SmallestShare = 0.0005;

    public static void Write(TextWriter output, Terminal terminal, ServingReport report, ServingOutcome outcome)
    {
        ReportText text = new(output, terminal);
        ServingRequest request = report.Request;
        text.Title(report.Pools is { } split
            ? $"{request.Model.Name} on {PoolText.Machines(split)}"
            : $"{request.Model.Name} on {request.System.Id}: {Count(request.Chips)} {request.System.Chip.Name} chip{(request.Chips == 1 ? "" : "s")}, {Formats(report)}, engine {request.Stack.Name}");
        text.Gap();
        WritePlan(text, report);
        if (outcome.MaximumRate is { } maximum)
            WriteMaximum(text, maximum);
        if (outcome.Tried.Length > 0)
            WriteTried(text, outcome.Tried);
        if (outcome.Splits.Length > 0)
            PoolText.WriteSplits(text, outcome.Splits);
        text.Gap();
        WriteLatency(text, report);
        WriteThroughput(text, report);
        WriteMoney(text, report);
        WriteLimits(text, report);
        if (report.Pools is { } pools)
        {
            text.Gap();
            PoolText.WriteUse(text, pools);
        }

        text.Gap();
        WriteShares(text, report);
        text.Gap();
        WriteEnergy(text, report);
        text.Section("how sure");
        text.Line($"an iteration may take {Quantity.FormatPercent(1 - (1 / EightyPercentInterval.Factor(report.Sigma)), 2)} less or "
            + $"{Quantity.FormatPercent(EightyPercentInterval.Factor(report.Sigma) - 1, 2)} more with 80 % confidence; low and high are means of such runs, "
            + "and first tokens at least as unsure as those of measured rows");
        text.Section("sources");
        foreach (string line in report.Provenance)
            text.Line(line, isDim: true);
    }

    private static string Formats(ServingReport report)
    {
        ServingPlan plan = report.Plan;
        bool hasExperts = report.Request.Model.HasExperts;
        return hasExperts && plan.ExpertPrecision != plan.Precision ? $"{plan.Precision.Text()} with experts in {plan.ExpertPrecision.Text()}" : plan.Precision.Text();
    }

    private static void WritePlan(ReportText text, ServingReport report)
    {
        if (report.Pools is { } pools)
            PoolText.WritePlan(text, pools);
        else
            WriteEngines(text, report);
        text.Section("requests");
        string refused = report.Refused > 0 ? $", {Count(report.Refused)} refused" : "";
        text.Line($"{Count(report.Requests)} in {Time(report.Duration.Value)}{refused}: {report.Request.Workload.Source}");
        if (report.Request.Workload.Trace.Conversations is { } conversations)
            text.Line($"{Count(conversations.Count)} conversations, {Quantity.FormatNumber((double)report.Requests / conversations.Count, 3)} turns each on average");
    }

    /// <summary>Replicas and the degrees of each that are more than one.</summary>
    internal static List<string> Degrees(ServingPlan plan)
    {
        List<string> parts = [$"{Count(plan.Replicas)} replica{(plan.Replicas == 1 ? "" : "s")} of TP {plan.TensorParallel}"];
        if (plan.PipelineParallel > 1)
            parts.Add($"PP {plan.PipelineParallel}");
        if (plan.DataParallel > 1)
            parts.Add($"attention DP {plan.DataParallel}");
        if (plan.ExpertParallel > 1)
            parts.Add($"EP {plan.ExpertParallel}");
        return parts;
    }

    private static void WriteEngines(ReportText text, ServingReport report)
    {
        ServingPlan plan = report.Plan;
        ServingRequest request = report.Request;
        text.Section("plan");
        List<string> parts = Degrees(plan);
        parts.Add($"batching {request.Batching?.Name ?? request.Stack.Batching}");
        parts.Add($"at most {Count(request.MaxBatch ?? request.Stack.MaxBatch)} sequences");
        parts.Add($"cache {plan.KvPrecision.Text()}");
        text.Line(string.Join(", ", parts));
        if (report.Chosen.Length > 0)
            text.Line($"chosen here: {string.Join(", ", report.Chosen)}", isDim: true);
        text.Section("memory");
        text.Line($"a rank: {Quantity.FormatBinary(report.Memory.Weights, 3)} of weights, {Quantity.FormatBinary(report.Memory.Reserved, 3)} reserved, "
            + $"{Quantity.FormatBinary(report.Memory.Cache, 3)} for the cache of {Quantity.FormatBinary(report.Memory.Capacity, 3)}");
        if (ServingStart.Of(request, plan, report.Memory) is { } start)
        {
            text.Section("start");
            string waited = request.Begin switch { ColdBegin.Load => "; the first requests wait for the weights", ColdBegin.Compile => "; the first requests wait for both", _ => "; not charged to the requests (--cold)" };
            text.Line($"{Count(start.Graphs)} compiled graphs, {Time(start.Compile.Value)} where none is kept from before; {Time(start.Load.Value)} to load the weights{waited}");
        }
    }

    private static void WriteMaximum(ReportText text, MaximumRate maximum)
    {
        text.Section("highest");
        text.Line(maximum.Rate is { } rate
            ? $"{Rate(rate)} {maximum.Unit}/s, {Rate(maximum.Low)} to {Rate(maximum.High)} with 80 % confidence, to within {Quantity.FormatPercent(maximum.Tolerance, 2)} ({Count(maximum.Runs)} runs of {Count(maximum.Requests)} requests); figures are of a run at it"
            : "no rate keeps the level; figures are of requests that run nearly alone");
        if (maximum.Rate is not null && maximum.Limit.Length > 0)
            text.Line($"above it, {maximum.Limit}");

        static string Rate(double value) => Quantity.FormatNumber(value, 3);
    }

    private static void WriteTried(ReportText text, ImmutableArray<TriedLayout> tried)
    {
        bool hasRate = tried[0].MaximumRate is not null;
        bool hasLevel = tried[0].Attainment is not null;
        text.Section("layouts");
        text.Row($"{"tried, best first",-38}{"max batch",10}{(hasRate ? "requests/s" : hasLevel ? "keep level" : ""),12}{"tokens/s out",14}{"whole answer",14}");
        foreach (TriedLayout one in tried.AsSpan()[..Math.Min(LayoutsShown, tried.Length)])
        {
            string kept = one.MaximumRate is { } rate ? (rate > 0 ? Quantity.FormatNumber(rate, 3) : "none") : one.Attainment is { } share ? Quantity.FormatPercent(share, 3) : "";
            text.Row($"{LayoutWords(one.Plan),-38}{Count(one.MaxBatch),10}{kept,12}{Count(one.OutputTokensPerSecond),14}{Time(one.EndToEnd),14}");
        }

        if (tried.Length > LayoutsShown)
            text.Line($"and {Count(tried.Length - LayoutsShown)} more that did no better", isDim: true);
    }

    private static string LayoutWords(ServingPlan plan)
    {
        List<string> parts = [$"{Count(plan.Replicas)} x TP {plan.TensorParallel}"];
        if (plan.PipelineParallel > 1)
            parts.Add($"PP {plan.PipelineParallel}");
        if (plan.DataParallel > 1)
            parts.Add($"DP {plan.DataParallel}");
        if (plan.ExpertParallel > 1)
            parts.Add($"EP {plan.ExpertParallel}");
        return string.Join(", ", parts);
    }

    private static void WriteLatency(ReportText text, ServingReport report)
    {
        text.Section("latency");
        text.Row($"{"",-22}{"mean",9}{"p50",9}{"p90",9}{"p99",9}{"low",9}{"high",9}");
        Row("first token (TTFT)", report.FirstToken);
        Row("between tokens (TPOT)", report.PerToken);
        Row("whole answer", report.EndToEnd);

        void Row(string name, in Distribution d) => text.Row(
            $"{name,-22}{Time(d.Mean),9}{Time(d.P50),9}{Time(d.P90),9}{Time(d.P99),9}{Time(d.Low),9}{Time(d.High),9}");
    }

    private static void WriteThroughput(ReportText text, ServingReport report)
    {
        text.Section("rate");
        text.Line($"{Quantity.FormatNumber(report.RequestsPerSecond, 3)} requests/s; {Count(report.InputTokensPerSecond)} tokens/s in, {Count(report.OutputTokensPerSecond)} tokens/s out "
            + $"({Quantity.FormatNumber(report.OutputTokensPerSecond / report.Request.Chips, 3)} a chip)");
        text.Line($"engines busy {Quantity.FormatPercent(report.Utilization, 3)} of the time, {Quantity.FormatNumber(report.MeanBatch, 3)} sequences at once; "
            + $"cache {Quantity.FormatPercent(report.CacheMeanShare, 3)} used, at most {Quantity.FormatPercent(report.CachePeakShare, 3)}{(report.Preemptions > 0 ? $"; {Count(report.Preemptions)} preemptions" : "")}");
        EngineReport.Write(text, report);
        if (report.Attainment is { } attainment)
        {
            text.Section("level");
            text.Line($"{Quantity.FormatPercent(attainment.All, 4)} of the requests keep it"
                + (attainment.Limit.Length > 0 ? $": MISSED, {Quantity.FormatPercent(report.Request.ServiceLevel!.Share, 3)} are asked for" : ""));
            if (attainment.Limit.Length > 0)
                text.Line(attainment.Limit);
        }
    }

    private static void WriteShares(ReportText text, ServingReport report)
    {
        text.Section("time");
        TimeShares shares = report.Shares;
        double whole = report.EngineSeconds;
        foreach (TimePart part in TimePart.All)
            Row(part.Name, part.Of(shares));
        Row("idle", Math.Max(0, whole - shares.Total));

        void Row(string name, double time)
        {
            double share = whole > 0 ? time / whole : 0;
            if (share >= SmallestShare)
                text.Row($"{name.PadRight(NameWidth)} {share * 100,5:0.0} %  {TextLayout.Bar(share, BarWidth)}");
        }
    }

    private static void WriteEnergy(ReportText text, ServingReport report)
    {
        text.Section("energy");
        double tokens = report.OutputTokensPerSecond * report.Duration.Value;
        text.Line($"{Quantity.FormatNumber(report.Energy.ChipPower.Value, 3)} W a chip, {Quantity.FormatNumber(report.Energy.FacilityPower.Value / 1e3, 3)} kW at the meter; "
            + $"{Quantity.FormatNumber(report.Energy.Total.Value / tokens, 3)} J for each token of an answer");
    }

    private static void WriteMoney(ReportText text, ServingReport report)
    {
        text.Section("money");
        string unpriced = report.Pools is { Prompts: { Cost.UsdPerHour: null } prefill } ? prefill.Request.System.Id : report.Request.System.Id;
        if (report.Cost.UsdPerHour is not { } hourly)
        {
            text.Line($"no price is known; at one dollar a chip-hour a dollar buys {Count(report.Cost.BreakEvenTokensPerUsd)} tokens of answers (--price {unpriced}=USD)");
            return;
        }

        text.Line($"{Dollars(report.Cost.UsdPerMillionTokens ?? 0)} for a million tokens of answers, {Dollars(report.UsdPerMillionTokens ?? 0)} of prompts and answers together; {Dollars(hourly)} an hour");
        text.Line($"{report.Cost.Mark}: {report.Cost.Source}", isDim: true);

        static string Dollars(double value) => "$" + Quantity.FormatNumber(value, value < 10 ? 3 : 4);
    }

    private static void WriteLimits(ReportText text, ServingReport report)
    {
        text.Section("limits");
        int number = 1;
        foreach (string limit in report.Limits)
            text.Entry($"{number++}. ", limit);
        if (report.Limits.IsEmpty)
            text.Line("nothing stands out");
    }

    /// <summary>A duration in the unit a person would say, three digits.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds))
            return "-";
        return seconds switch
        {
            >= 600 => $"{Quantity.FormatNumber(seconds / 60, 3)} min",
            >= 1 => $"{Quantity.FormatNumber(seconds, 3)} s",
            _ => $"{Quantity.FormatNumber(seconds * 1e3, 3)} ms",
        };
    }

    /// <summary>A short time, from microseconds on, three digits.</summary>
    public static string Short(double seconds) => seconds is > 0 and < 1e-3 ? $"{Quantity.FormatNumber(seconds * 1e6, 3)} us" : Time(seconds);

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
