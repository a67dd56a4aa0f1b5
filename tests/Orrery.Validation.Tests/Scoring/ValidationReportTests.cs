using System.Text;
using System.Text.Json;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Scoring;

using Orrery.Validation.Scoring;

public sealed class ValidationReportTests
{
    [Fact]
    public void A_predictor_that_knows_the_answer_has_no_error()
    {
        TrainingScorer scorer = Scorer();
        Dictionary<string, double> answers = PublishedCases.Training.Where(row => row.IterationTimeS is not null)
            .ToDictionary(row => row.Origin.Id, row => row.IterationTimeS!.Value);

        ValidationReport report = scorer.Score(PublishedCases.Training, new Oracle(answers), new HashSet<string>());

        // Sources that print no step time are what this predictor skips.
        report.Skipped.Select(row => row.Group).Distinct().ShouldBe(["maxtext-tpu-configs", "torchtitan"], ignoreOrder: true);
        (report.Cases.Length + report.Skipped.Length).ShouldBe(1748);
        report.NotExpressible.ShouldBe(188);
        report.Unseen.Worst!.Value.ShouldBeLessThan(0.005);
        report.Unseen.IntervalCoverage.ShouldBe(1);
        report.Failures.ShouldBe(["maxtext-tpu-configs: 24 of 24 expressible rows skipped", "torchtitan: 14 of 14 expressible rows skipped"]);
    }

    [Fact]
    public void The_baseline_alone_scores_as_itself()
    {
        // Small models are host-bound: one efficiency for all of them is far off, whichever it is.
        ValidationReport report = Scorer().Score(
            [.. PublishedCases.Training.Where(row => row.Origin.Group == "vtrain-a100-single")], new Constant(), new HashSet<string>());

        report.Groups.ShouldHaveSingleItem().All.BaselineMape!.Value.ShouldBeInRange(0.4, 0.6);
    }

    [Fact]
    public void Fitted_rows_are_scored_apart()
    {
        ValidationReport report = ValidationReport.Of(
            "training",
            [Row("a", "g", 10, 11, isFitted: true), Row("b", "g", 10, 13, isFitted: false), Row("c", "h", 10, 10, isFitted: true)],
            [new SkippedCase("d", "h", "chip")],
            new Dictionary<string, int> { ["i"] = 3 });

        report.Unseen.Mape!.Value.ShouldBe(0.3, 1e-12);
        report.All.Mape!.Value.ShouldBe(0.4 / 3, 1e-12);
        report.Groups.Select(group => (group.Group, group.Scored, group.Fitted, group.Skipped, group.NotExpressible)).ShouldBe(
            [("g", 2, 1, 0, 0), ("h", 1, 1, 1, 0), ("i", 0, 0, 0, 3)]);
        report.Groups[1].Unseen.Mape.ShouldBeNull();
        report.Failures.ShouldHaveSingleItem().ShouldBe("h: 1 of 2 expressible rows skipped");
    }

    [Fact]
    public void A_group_that_mixes_chips_is_also_reported_by_chip()
    {
        ValidationReport report = ValidationReport.Of(
            "training",
            [
                Row("a", "g", 10, 11, isFitted: false) with { Slice = "one" },
                Row("b", "g", 10, 13, isFitted: false) with { Slice = "two" },
                Row("c", "h", 10, 10, isFitted: false) with { Slice = "one" },
            ],
            [new SkippedCase("d", "g", "chip") { Slice = "three" }],
            new Dictionary<string, int>());

        report.Slices.Select(slice => (slice.Group, slice.Scored, slice.Skipped)).ShouldBe([("g: one", 1, 0), ("g: three", 0, 1), ("g: two", 1, 0)]);
        report.Slices[2].All.Mape!.Value.ShouldBe(0.3, 1e-12);
        ValidationTable.Text(report).Split('\n').Select(line => line.Split("  ")[0]).Take(6).ShouldBe(["group", "g", "- one", "- three", "- two", "h"]);
    }

    [Fact]
    public void Skipping_one_row_in_twenty_passes_and_two_fail()
    {
        List<ScoredCase> rows = [.. Enumerable.Range(0, 19).Select(index => Row($"r{index}", "g", 1, 1, isFitted: false))];
        Dictionary<string, int> none = [];

        ValidationReport.Of("training", rows, [new SkippedCase("x", "g", "why")], none).Failures.ShouldBeEmpty();
        ValidationReport.Of("training", rows, [new SkippedCase("x", "g", "why"), new SkippedCase("y", "g", "why")], none).Failures.Length.ShouldBe(1);
    }

    [Fact]
    public void The_json_has_every_key_and_only_finite_numbers()
    {
        ValidationReport report = Small();

        string text = Json(report, new PlanRegret(1, 4, 0.1, 0.1, "a", 0));

        text.ShouldBe(Json(report, new PlanRegret(1, 4, 0.1, 0.1, "a", 0)));
        using JsonDocument parsed = JsonDocument.Parse(text);
        JsonElement root = parsed.RootElement;
        root.GetProperty("schema").GetString().ShouldBe("orrery.validate/1");
        root.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "schema", "kind", "cases", "skipped", "notExpressible", "mape", "medianApe", "p90Ape", "bias", "worst", "worstId", "intervalCoverage",
            "intervalHalfWidth", "baselineMape", "allN", "allMape", "allMedianApe", "allP90Ape", "allBias", "allWorst", "allWorstId",
            "allIntervalCoverage", "allIntervalHalfWidth", "allBaselineMape", "byGroup", "bySlice", "failures", "regret",
        ]);
        root.GetProperty("cases")[0].EnumerateObject().Select(member => member.Name).ShouldBe(
            ["id", "group", "metric", "measured", "predicted", "error", "low", "high", "fitted", "note"]);
        JsonElement group = root.GetProperty("byGroup").GetProperty("g");
        group.GetProperty("n").GetInt32().ShouldBe(1);
        group.GetProperty("nFitted").GetInt32().ShouldBe(1);
        group.GetProperty("mape").GetDouble().ShouldBe(0.3, 1e-12);
        root.GetProperty("byGroup").GetProperty("h").GetProperty("mape").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public void The_table_reads_in_a_terminal()
    {
        ValidationTable.Text(Small()).ShouldBe(
            """
            group  rows  fitted  skipped  median  mean   p90   bias  left out  baseline  covered  half-width
            g         1       1        0    30.0  30.0  30.0  +30.0      12.5         -        0        10.0
            h *       1       1        1     0.0   0.0   0.0    0.0         -         -      100        10.0
            all       1       2        1    30.0  30.0  30.0  +30.0         -         -        0        10.0
            * all rows of the group were fitted: figures over fitted rows
            3 rows do not state every input and are not scored
            failed: h: 1 of 2 expressible rows skipped

            """,
            StringCompareShould.IgnoreLineEndings);
        ValidationTable.Markdown(Small()).Split('\n')[..3].ShouldBe(
        [
            "| group | rows | fitted | skipped | median | mean | p90 | bias | left out | baseline | covered | half-width |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            "| g | 1 | 1 | 0 | 30.0 | 30.0 | 30.0 | +30.0 | 12.5 | - | 0 | 10.0 |",
        ]);
    }

    [Fact]
    public void Kernels_and_memory_go_through_the_same_scorer()
    {
        CaseScorer scorer = new(new HashSet<string>());
        scorer.AddMemory(PublishedCases.Memory, new MemoryOfRow());
        ValidationReport report = scorer.Report("memory");

        report.Cases.Length.ShouldBe(48);
        report.NotExpressible.ShouldBe(6);
        report.All.Mape!.Value.ShouldBe(0.1, 1e-9);

        CaseScorer kernels = new(new HashSet<string>());
        kernels.AddKernels(
            KernelCase.Read(RepositoryData.Validation("kernels.csv")).Cases, new KernelOfRow(), row => row.Kind);
        kernels.Report("kernels").Groups.Select(group => group.Group).ShouldContain("attention_decode");
    }

    [Fact]
    public void A_prediction_outside_its_own_interval_is_a_mistake_of_the_program() =>
        Should.Throw<ArgumentException>(() => Prediction.Of(1, 2, 3));

    private static TrainingScorer Scorer() =>
        new(PublishedCases.NewReader(), PublishedCases.Conventions, _ => new FlopPerSecond(312e12));

    private static ValidationReport Small() => ValidationReport.Of(
        "training",
        [Row("a", "g", 10, 11, isFitted: true), Row("b", "g", 10, 13, isFitted: false), Row("c", "h", 10, 10, isFitted: true)],
        [new SkippedCase("d", "h", "chip")],
        new Dictionary<string, int> { ["i"] = 3 },
        new Dictionary<string, double> { ["g"] = 0.125 });

    private static ScoredCase Row(string id, string group, double measured, double predicted, bool isFitted) =>
        new(id, group, "iteration_time_s", measured, predicted, 0.9 * predicted, 1.1 * predicted, isFitted, "", null, false);

    private static string Json(ValidationReport report, PlanRegret regret)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
            ValidationJson.Write(writer, report, regret);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private sealed class Oracle(Dictionary<string, double> answers) : ITrainingPredictor
    {
        public Prediction Predict(TrainingCaseInputs inputs) => answers.TryGetValue(inputs.Origin.Id, out double time)
            ? Prediction.Of(time, 0.98 * time, 1.02 * time)
            : Prediction.Skip("no answer known");
    }

    private sealed class Constant : ITrainingPredictor
    {
        public Prediction Predict(TrainingCaseInputs inputs) => Prediction.Of(1, 1, 1);
    }

    private sealed class MemoryOfRow : ICasePredictor<MemoryCase>
    {
        public Prediction Predict(MemoryCase row)
        {
            double predicted = 1.1 * row.Measured(row.Origin.PrimaryMetric)!.Value;
            return Prediction.Of(predicted, predicted, predicted);
        }
    }

    private sealed class KernelOfRow : ICasePredictor<KernelCase>
    {
        public Prediction Predict(KernelCase row) => row.TimeUs is { } time ? Prediction.Of(time, time, time) : Prediction.Skip("no time");
    }
}
