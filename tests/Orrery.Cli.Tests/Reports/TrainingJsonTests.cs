using System.Text.Json;
using Orrery.Cli.Reports;
using Orrery.Training;
using Orrery.Units;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Reports;

public sealed class TrainingJsonTests
{
    private static readonly string[] TopKeys =
    [
        "schema", "inputs", "plan", "ranks", "ranksPerChip", "stepTimeS", "stepTimeLowS", "stepTimeHighS", "tokensPerS", "tokensPerSPerChip", "mfu",
        "hfu", "modelFlopsPerSPerChip", "memory", "breakdownS", "energy", "cost", "run", "diagnostics",
    ];

    private static readonly string[] PlanKeys =
        ["tp", "pp", "vpp", "dp", "cp", "ep", "microBatch", "globalBatch", "seq", "recompute", "zero", "precision", "schedule"];

    private static readonly string[] MemoryKeys =
        ["weightsBytes", "gradientsBytes", "optimizerBytes", "activationsBytes", "workspaceBytes", "totalBytes", "capacityBytes", "fits", "hostBytes"];

    private static readonly string[] BreakdownKeys =
    [
        "compute", "recompute", "tensorParallel", "contextParallel", "expertParallel", "pipelineTransfer", "pipelineBubble", "dataParallel", "optimizer",
        "straggler", "overhead",
    ];

    [Fact]
    public void Every_key_of_the_contract_exists() => ShouldHaveEveryKey(Json(Samples.Fits));

    [Fact]
    public void Every_key_exists_where_no_plan_was_found()
    {
        JsonElement json = Json(null);
        ShouldHaveEveryKey(json);
        json.GetProperty("stepTimeS").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("inputs").GetProperty("chips").GetInt32().ShouldBe(2304);
    }

    [Fact]
    public void Values_are_those_of_the_report()
    {
        JsonElement json = Json(Samples.Fits);
        json.GetProperty("schema").GetString().ShouldBe("orrery.train/1");
        json.GetProperty("plan").GetProperty("tp").GetInt32().ShouldBe(16);
        json.GetProperty("plan").GetProperty("recompute").GetString().ShouldBe("selective");
        json.GetProperty("plan").GetProperty("schedule").GetString().ShouldBe("1f1b");
        json.GetProperty("plan").GetProperty("precision").GetString().ShouldBe("bf16");
        json.GetProperty("ranks").GetInt32().ShouldBe(9216);
        json.GetProperty("memory").GetProperty("fits").GetBoolean().ShouldBeTrue();
        json.GetProperty("energy").GetProperty("chipW").GetDouble().ShouldBe(812);
        json.GetProperty("cost").GetProperty("usdPerHour").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("cost").GetProperty("priceMark").GetString().ShouldBe("unknown");
        json.GetProperty("run").GetProperty("tokens").GetDouble().ShouldBe(15e12);
        json.GetProperty("run").GetProperty("usd").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("tokensPerS").GetDouble().ShouldBe(2048 * 8192 / 41.25, 1e-6);
    }

    [Fact]
    public void The_breakdown_sums_to_the_step()
    {
        JsonElement json = Json(Samples.Fits);
        double sum = json.GetProperty("breakdownS").EnumerateObject().Sum(part => part.Value.GetDouble());
        sum.ShouldBe(json.GetProperty("stepTimeS").GetDouble(), 1e-9);
    }

    [Fact]
    public void Numbers_are_finite_or_null()
    {
        JsonElement json = Json(Samples.Fits with { Mfu = double.NaN, StepTimeHigh = new Seconds(double.PositiveInfinity) });
        json.GetProperty("mfu").ValueKind.ShouldBe(JsonValueKind.Null);
        json.GetProperty("stepTimeHighS").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void The_whole_document_is_kept() => Golden.ShouldMatch(Text(Samples.Fits), "train-fits.json.txt");

    private static void ShouldHaveEveryKey(JsonElement json)
    {
        Names(json).Where(TopKeys.Contains).ShouldBe(TopKeys);
        Names(json.GetProperty("plan")).Take(PlanKeys.Length).ShouldBe(PlanKeys);
        Names(json.GetProperty("memory")).ShouldBe(MemoryKeys);
        Names(json.GetProperty("breakdownS")).ShouldBe(BreakdownKeys);
        Names(json.GetProperty("energy")).ShouldBe(["stepJ", "chipW", "facilityW"]);
        Names(json.GetProperty("cost")).Take(3).ShouldBe(["usdPerHour", "usdPerMillionTokens", "priceMark"]);
        json.GetProperty("diagnostics").ValueKind.ShouldBe(JsonValueKind.Array);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private static JsonElement Json(TrainingReport? report)
    {
        using JsonDocument document = JsonDocument.Parse(Text(report));
        return document.RootElement.Clone();
    }

    private static string Text(TrainingReport? report)
    {
        using StringWriter output = new();
        TrainingJson.Write(output, Samples.Ask(Samples.Fits), new TrainingOutcome(report, [], IsInfeasible: report is null));
        return output.ToString();
    }
}
