using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

/// <summary>The tables and the picture of the page on pools are what searches find: one row of each is searched in every run, all with <c>ORRERY_ACCEPT=1</c>.</summary>
public sealed class DisaggregationPageTests
{
    private const string Page = "docs/disaggregation.md";
    private const string Picture = "docs/disaggregation.svg";
    private const string Level = "ttft=2s,tpot=50ms";

    private static readonly DataCatalog Catalog = DataCatalog.Open(Repository.PathOf("data"));
    private static readonly ServingContext Context = new(Catalog);

    private static readonly (int Input, int Output)[] Ratios = [(8192, 512), (4096, 512), (2048, 512), (1024, 512), (512, 512), (512, 1024), (512, 2048)];

    private static readonly (string Name, string System, int Chips, string Level, string Colour)[] Fleets =
    [
        ("dgx-h100, 25 ms", "dgx-h100", 32, "ttft=2s,tpot=25ms", "#0b66c2"),
        ("dgx-h100, 50 ms", "dgx-h100", 32, Level, "#7aa9dd"),
        ("trn3-gen2, 50 ms", "trn3-gen2", 16, Level, "#a3541c"),
    ];

    private static readonly (string One, string Other, double Kilowatts, string Block)[] Pairs =
    [
        ("vr-nvl72", "trn4-nvl72", 14, "hybrid in one NVLink domain"),
        ("dgx-h100", "trn3-gen2", 15, "hybrid over EFA"),
    ];

    private static readonly (string Model, NumberFormat? Precision)[] Models = [("gpt-oss-120b", null), ("llama-3.1-70b", NumberFormat.Fp8)];

    private static readonly (int Input, int Output)[] Lengths = [(4096, 512), (1024, 512), (512, 1024)];

    private static bool IsAccepted => Environment.GetEnvironmentVariable("ORRERY_ACCEPT") == "1";

    [Fact]
    public void The_crossover_of_pools_over_the_ratio_of_prompts_to_answers_is_what_searches_find()
    {
        if (!IsAccepted)
        {
            ShouldTell(Row(Cross(Fleets[2], (512, 512)), (512, 512)), column: 5);
            return;
        }

        StringBuilder found = new();
        List<(string Name, string Colour, double[] Gains)> curves = [];
        foreach ((string Name, string System, int Chips, string Level, string Colour) fleet in Fleets)
        {
            List<Crossing> rows = [.. Ratios.Select(ratio => Cross(fleet, ratio))];
            double[] gains = [.. rows.Select(static row => row.Pooled.MaximumRate / row.Whole.MaximumRate)];
            curves.Add((fleet.Name, fleet.Colour, gains));
            found.Append(CultureInfo.InvariantCulture, $"**{fleet.Chips} chips of {fleet.System}**, {fleet.Level}: {CrossoverWords(gains)}\n\n");
            found.Append("| prompt : answer | tokens | undivided, requests/s | pools, requests/s | gain | best split |\n|---|---|---:|---:|---:|---|\n");
            for (int place = 0; place < rows.Count; place++)
                found.Append(Row(rows[place], Ratios[place]));
            found.Append('\n');
        }

        GeneratedBlock.ShouldHold(Page, "crossover", found.ToString());
        File.WriteAllText(Repository.PathOf(Picture), CrossoverPicture.Draw([.. Ratios.Select(static ratio => (double)ratio.Input / ratio.Output)], curves));
    }

    [Fact]
    public void What_two_systems_do_together_is_what_searches_find()
    {
        if (!IsAccepted)
        {
            ShouldTell(RowOf(Hybrid(Pairs[1], Models[1], (512, 1024))), column: 7);
            return;
        }

        foreach ((string One, string Other, double Kilowatts, string Block) pair in Pairs)
        {
            List<Hybrids> rows = [.. Models.SelectMany(model => Lengths.Select(lengths => Hybrid(pair, model, lengths)))];
            StringBuilder found = new();
            found.Append(CultureInfo.InvariantCulture, $"Requests a second for each rated kilowatt, {pair.Kilowatts} kW at the meter, {Level}; in brackets the chips, of prefill + decode where they are split:\n\n");
            found.Append(CultureInfo.InvariantCulture, $"| model | prompt / answer | {pair.One} alone | {pair.Other} alone | prompts on {pair.One} | prompts on {pair.Other} | better mix over better alone | 80 % | chance that it wins |{(PriceOf(pair.One) is null ? "" : $" {pair.Other} pays below, $ a chip-hour |")}\n");
            found.Append(CultureInfo.InvariantCulture, $"|---|---|---:|---:|---:|---:|---:|---:|---:|{(PriceOf(pair.One) is null ? "" : "---:|")}\n");
            foreach (Hybrids row in rows)
                found.Append(RowOf(row));
            found.Append(CultureInfo.InvariantCulture, $"\n{Verdict(pair, rows)}\n");
            GeneratedBlock.ShouldHold(Page, pair.Block, found.ToString());
        }
    }

    /// <summary>The page tells of the same row, the last such, nearly the same ratio: refits of constants move it a little, and the page is written anew for all of them at once.</summary>
    private static void ShouldTell(string row, int column)
    {
        string[] cells = row.Split('|');
        string[] told = [.. File.ReadAllLines(Repository.PathOf(Page)).Where(line => line.StartsWith($"|{cells[1]}|{cells[2]}|", StringComparison.Ordinal))];
        told.ShouldNotBeEmpty();
        string[] own = told[^1].Split('|');
        double.Parse(own[column], CultureInfo.InvariantCulture).ShouldBe(double.Parse(cells[column], CultureInfo.InvariantCulture), 0.25, $"{Page} is out of date; ORRERY_ACCEPT=1 rewrites it");
    }

    private static Crossing Cross((string Name, string System, int Chips, string Level, string Colour) fleet, (int Input, int Output) lengths)
    {
        ServingRequest whole = Request("llama-3.1-70b", fleet.System, null, fleet.Level) with { Chips = fleet.Chips };
        // One width for all: that of the usual layout.
        whole = whole with { TensorParallel = PlanChoice.Of(whole, whole.System.Chip.RanksPerChip).Plan!.TensorParallel };
        (_, ImmutableArray<TriedSplit> tried) = SplitSearch.Run(
            whole with { Pools = new PoolPair { Prompts = whole, Answers = whole } }, whole, Rated(lengths.Input, lengths.Output), Context);
        return new Crossing(tried.First(static one => one.PromptChips == 0), tried.First(static one => one.PromptChips > 0));
    }

    private static string Row(Crossing found, (int Input, int Output) lengths)
    {
        string ratio = lengths.Input >= lengths.Output ? $"{lengths.Input / lengths.Output} : 1" : $"1 : {lengths.Output / lengths.Input}";
        TriedSplit split = found.Pooled;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {ratio} | {lengths.Input:#,0} / {lengths.Output:#,0} | {found.Whole.MaximumRate:G3} | {split.MaximumRate:G3} | {split.MaximumRate / found.Whole.MaximumRate:0.00} | {split.PromptChips} + {split.AnswerChips} |\n");
    }

    /// <summary>Down to which ratio pools gain more than two searches may differ, and where the gain passes 1 then, on a logarithmic scale between the ratios searched.</summary>
    private static string CrossoverWords(double[] gains)
    {
        int last = -1;
        while (last + 1 < gains.Length && gains[last + 1] > 1 + (2 * SplitSearch.Tolerance))
            last++;
        if (last < 0)
            return "pools serve no more at any ratio.";
        if (last == gains.Length - 1)
            return "pools serve more at every ratio.";
        (double before, double after) = (Math.Log(gains[last]), Math.Min(0, Math.Log(gains[last + 1])));
        double one = Math.Log((double)Ratios[last].Input / Ratios[last].Output);
        double other = Math.Log((double)Ratios[last + 1].Input / Ratios[last + 1].Output);
        double ratio = Math.Exp(one + (before / (before - after) * (other - one)));
        return string.Create(CultureInfo.InvariantCulture, $"pools serve more where prompts have more than {ratio:G2} times the tokens of answers.");
    }

    private static Hybrids Hybrid((string One, string Other, double Kilowatts, string Block) pair, (string Model, NumberFormat? Precision) model, (int Input, int Output) lengths)
    {
        Watts budget = new(pair.Kilowatts * 1e3);
        RatedRequests rated = Rated(lengths.Input, lengths.Output);
        ServingRequest one = Request(model.Model, pair.One, model.Precision, Level);
        ServingRequest other = Request(model.Model, pair.Other, model.Precision, Level);
        MixedFleet first = MixSearch.Alone(one, budget, rated, Context)!;
        MixedFleet second = MixSearch.Alone(other, budget, rated, Context)!;
        MixedFleet forward = MixSearch.Mixed(one, other, budget, rated, Context)!;
        MixedFleet backward = MixSearch.Mixed(other, one, budget, rated, Context)!;
        bool isForward = forward.PerKilowatt >= backward.PerKilowatt;
        MixOdds odds = MixDoubt.Of(isForward ? forward : backward, isForward ? first : second, isForward ? second : first, rated, Context);
        return new Hybrids(model.Model, lengths, first, second, forward, backward, odds);
    }

    private static string RowOf(Hybrids row)
    {
        MixOdds odds = row.Odds;
        string money = PriceOf(row.One.Request.System.Id) is { } price ? $" {Below(row, price)} |" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {row.Model} | {row.Lengths.Input:#,0} / {row.Lengths.Output:#,0} | {Cell(row.One)} | {Cell(row.Other)} | {Cell(row.Forward)} | {Cell(row.Backward)} | {odds.Ratio:0.00} | {odds.Low:0.00} to {odds.High:0.00} | {odds.Chance * 100:0} % |{money}\n");
    }

    private static string Cell(MixedFleet fleet) => string.Create(
        CultureInfo.InvariantCulture,
        $"{fleet.PerKilowatt:G3} ({(fleet.Request.Pools is { } pools ? $"{pools.Prompts.Chips} + {pools.Answers.Chips}" : $"{fleet.Request.Chips}")})");

    /// <summary>
    /// The price of a chip of the second system below which a request costs less than on the first alone: with the second alone, and in the better mix.
    /// </summary>
    private static string Below(Hybrids row, double price)
    {
        double each = row.One.Request.Chips * price / row.One.MaximumRate;
        MixedFleet mix = row.Forward.PerKilowatt >= row.Backward.PerKilowatt ? row.Forward : row.Backward;
        PoolPair pools = mix.Request.Pools!;
        bool isFirst = pools.Prompts.System.Id == row.One.Request.System.Id;
        double bought = (isFirst ? pools.Prompts : pools.Answers).Chips * price;
        double left = ((each * mix.MaximumRate) - bought) / (isFirst ? pools.Answers : pools.Prompts).Chips;
        return string.Create(CultureInfo.InvariantCulture, $"{each * row.Other.MaximumRate / row.Other.Request.Chips:0.00} alone, {(left > 0 ? left.ToString("0.00", CultureInfo.InvariantCulture) : "never")} mixed");
    }

    private static string Verdict((string One, string Other, double Kilowatts, string Block) pair, List<Hybrids> rows)
    {
        Hybrids[] wins = [.. rows.Where(static row => row.Odds.Ratio > 1)];
        Hybrids[] sure = [.. rows.Where(static row => row.Odds.Chance >= 0.9)];
        double asked = rows.Max(static row => row.Forward.PerKilowatt / Math.Max(row.One.PerKilowatt, row.Other.PerKilowatt));
        string names = string.Join("; ", wins.Select(row => string.Create(
            CultureInfo.InvariantCulture, $"{row.Model} at {row.Lengths.Input:#,0} / {row.Lengths.Output:#,0} with prompts on {(row.Forward.PerKilowatt >= row.Backward.PerKilowatt ? pair.One : pair.Other)}, x {row.Odds.Ratio:0.00}")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"A mix serves more than the better system alone in {wins.Length} of {rows.Count} rows{(wins.Length > 0 ? $" ({names})" : "")}, surely (at least 90 %) in {sure.Length}. Prompts on {pair.One} and answers on {pair.Other} reach at most {asked:0.00} of the better alone.");
    }

    /// <summary>The first price in the catalogue; null where none is known.</summary>
    private static double? PriceOf(string system) => Catalog.System(system).Value!.Prices[0].UsdPerChipHour;

    private static ServingRequest Request(string model, string system, NumberFormat? precision, string level)
    {
        SystemDescription machine = Catalog.System(system).Value!;
        return new ServingRequest
        {
            Model = ModelLoader.Load(model, Catalog.DataRoot).Value!,
            System = machine,
            Stack = Context.Stacks.DefaultFor(machine.Chip.Architecture).Value!,
            Chips = 1,
            Workload = new ServingWorkload(Made(2, 1, 1), 0, 0, ""),
            Precision = precision is { } wanted ? PoolPrecision.On(machine.Chip, wanted) : null,
            ServiceLevel = ServiceLevel.Parse(level).Value,
        };
    }

    private static RatedRequests Rated(int input, int output) =>
        new(Made(SplitSearch.ComparedRequests, input, output), 1, static _ => "", count => Made(count, input, output));

    private static RequestTrace Made(int count, int input, int output) =>
        SyntheticTrace.Create(new PoissonArrivals(), 1, count, new LengthRange(input, 0.5), new LengthRange(output, 0.5), 1);

    private sealed record Crossing(TriedSplit Whole, TriedSplit Pooled);

    private sealed record Hybrids(
        string Model, (int Input, int Output) Lengths, MixedFleet One, MixedFleet Other, MixedFleet Forward, MixedFleet Backward, MixOdds Odds);
}
