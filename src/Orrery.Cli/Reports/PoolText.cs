using System.Collections.Immutable;
using System.Globalization;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Cli.Reports;

/// <summary>What the report of <c>serve</c> tells a person of two pools.</summary>
public static class PoolText
{
    private const int SplitsShown = 8;

    /// <summary>The machines of both pools, for a title.</summary>
    public static string Machines(PoolReport pools) => pools.Prompts.Request.System.Id == pools.Answers.Request.System.Id
        ? $"{pools.Answers.Request.System.Id}: prefill on {Chips(pools.Prompts)}, decode on {Chips(pools.Answers)}"
        : $"{pools.Prompts.Request.System.Id} and {pools.Answers.Request.System.Id}: prefill on {Chips(pools.Prompts)}, decode on {Chips(pools.Answers)}";

    /// <summary>Plan and memory of each pool, and the way between them.</summary>
    public static void WritePlan(ReportText text, PoolReport pools)
    {
        WritePool(text, "prefill", pools.Prompts);
        WritePool(text, "decode", pools.Answers);
        text.Section("between");
        string place = pools.Path.Domain is { } shared ? $"{shared.Name}, one domain" : pools.Path.IsScaleUp ? $"{pools.Path.From.Level} of one scale-up domain" : "the network between scale-up domains";
        string rates = pools.Path.From.Rate == pools.Path.To.Rate
            ? $"{Quantity.Format(pools.Path.From.Rate, 3)} a chip"
            : $"{Quantity.Format(pools.Path.From.Rate, 3)} a chip out, {Quantity.Format(pools.Path.To.Rate, 3)} in";
        string way = pools.Rules.Moment == KvMoment.Layers ? "layer by layer while the prompt is worked on" : "after the prompt";
        text.Line($"{place}, {rates}; keys and values go {way}; {(pools.Rules.AnswersBegin ? "decode" : "prefill")} makes the first token");
    }

    /// <summary>What went between the pools, and how busy each was.</summary>
    public static void WriteUse(ReportText text, PoolReport pools)
    {
        text.Section("pools");
        text.Row($"{"",-10}{"busy",8}{"at once",10}{"cache",9}{"peak",8}{"ports",8}{"W a chip",10}{"$/h",10}");
        Row("prefill", pools.Prompts, pools.Sending);
        Row("decode", pools.Answers, pools.Receiving);
        double each = pools.Transfers > 0 ? pools.Moved.Value / pools.Transfers : 0;
        text.Line($"{Count(pools.Transfers)} transfers of {Quantity.Format(new Bytes(each), 3)}: {ServingText.Time(pools.WaitingForRoom.Value)} for room, then {ServingText.Time(pools.Moving.Value)} on the way "
            + $"(at most {ServingText.Time(pools.LongestMove.Value)}); then {ServingText.Time(pools.PerTokenOfAnswers.Value)} a token");

        void Row(string name, ServingReport pool, double ports) => text.Row(
            $"{name,-10}{Share(pool.Utilization),8}{Quantity.FormatNumber(pool.MeanBatch, 3),10}{Share(pool.CacheMeanShare),9}{Share(pool.CachePeakShare),8}{Share(ports),8}"
            + $"{Quantity.FormatNumber(pool.Energy.ChipPower.Value, 3),10}{(pool.Cost.UsdPerHour is { } usd ? Quantity.FormatNumber(usd, 3) : "unknown"),10}");
    }

    /// <summary>A share in a column of shares: what is below a thousandth is nothing there.</summary>
    private static string Share(double share) =>
        share is > 0 and < 0.001 ? "< 0.1 %" : string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    /// <summary>Splits that were tried, the best first.</summary>
    public static void WriteSplits(ReportText text, ImmutableArray<TriedSplit> splits)
    {
        text.Section("splits");
        text.Row($"{"tried, best first",-34}{"prefill",14}{"decode",14}{"requests/s",12}");
        foreach (TriedSplit one in splits.AsSpan()[..Math.Min(SplitsShown, splits.Length)])
            Row(one);
        if (splits.Length > SplitsShown)
        {
            text.Line($"and {Count(splits.Length - SplitsShown)} more that did no better", isDim: true);
            // The best of the other kind, where it is not among them.
            bool isPooled = splits[0].PromptChips > 0;
            foreach (TriedSplit one in splits.AsSpan()[SplitsShown..])
            {
                if (one.PromptChips > 0 == isPooled || splits.AsSpan()[..SplitsShown].ToArray().Any(shown => shown.PromptChips > 0 != isPooled))
                    continue;
                Row(one);
                break;
            }
        }

        void Row(TriedSplit one)
        {
            string name = one.PromptChips == 0 ? $"all chips, chunks of {Count(one.TokenBudget)}" : $"{Count(one.PromptChips)} prefill, {Count(one.AnswerChips)} decode";
            string kept = one.MaximumRate > 0 ? Quantity.FormatNumber(one.MaximumRate, 3) : "none";
            text.Row($"{name,-34}{(one.PromptChips == 0 ? "" : $"TP {one.PromptTensor}"),14}{$"TP {one.AnswerTensor}",14}{kept,12}");
        }
    }

    private static void WritePool(ReportText text, string name, ServingReport pool)
    {
        text.Section(name);
        ServingPlan plan = pool.Plan;
        List<string> parts = ServingText.Degrees(plan);
        string experts = plan.ExpertPrecision != plan.Precision ? $", experts {plan.ExpertPrecision.Text()}" : "";
        parts.Add($"{plan.Precision.Text()}{experts}, cache {plan.KvPrecision.Text()}");
        parts.Add($"engine {pool.Request.Stack.Name}");
        parts.Add($"a rank has {Quantity.FormatBinary(pool.Memory.Weights, 3)} of weights and {Quantity.FormatBinary(pool.Memory.Cache, 3)} of cache");
        text.Line(string.Join(", ", parts));
        if (pool.Chosen.Length > 0)
            text.Line($"chosen here: {string.Join(", ", pool.Chosen)}", isDim: true);
    }

    private static string Chips(ServingReport pool) => $"{Count(pool.Request.Chips)} {pool.Request.System.Chip.Name}";

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
