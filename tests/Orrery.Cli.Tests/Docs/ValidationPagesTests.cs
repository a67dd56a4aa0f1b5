using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Catalog;
using Orrery.Cli.Reports;
using Orrery.Cli.Verbs;
using Orrery.Interchange;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;
using Shouldly;
using Xunit;

namespace Orrery.Cli.Tests.Docs;

/// <summary>The tables that say how wrong we are, kept true.</summary>
public sealed class ValidationPagesTests
{
    [Fact]
    public void The_page_of_scores_holds_what_transfer_prints()
    {
        ValidationAnswer answer = ValidationAnswer.Of("transfer", DataCatalog.Open(DataCatalog.FindDataRoot()), []);
        answer.Report.ShouldNotBeNull();
        GeneratedBlock.ShouldHold("docs/scores.md", "validation transfer", ValidationTable.Markdown(answer.Report));

        // The first chip of the file, then the later one, for each thing that both made.
        StringBuilder lines = new("""
            | step | Trainium2, measured | predicted | Trainium3, measured | predicted | speed-up, measured | predicted |
            |---|---:|---:|---:|---:|---:|---:|

            """);
        foreach (ScoredCase later in answer.Report.Cases.Where(static one => one.Group == "steps on trainium3"))
        {
            string name = later.Id[..^"-trn3".Length];
            ScoredCase earlier = answer.Report.Cases.Single(one => one.Id == $"{name}-trn2");
            ScoredCase ratio = answer.Report.Cases.Single(one => one.Id == $"{later.Id}-over-trainium2");
            lines.Append(CultureInfo.InvariantCulture, $"| {name} | {earlier.Measured:F0} ms | {earlier.Predicted:F0} ({100 * earlier.Error:+0;-0} %) ");
            lines.Append(CultureInfo.InvariantCulture, $"| {later.Measured:F0} ms | {later.Predicted:F0} ({100 * later.Error:+0;-0} %) | {ratio.Measured:F2} | {ratio.Predicted:F2} |\n");
        }

        ScoredCase mean = answer.Report.Cases.Single(static one => one.Group.EndsWith("geometric mean", StringComparison.Ordinal));
        lines.Append(CultureInfo.InvariantCulture, $"| geometric mean | | | | | {mean.Measured:F2} | {mean.Predicted:F2} |\n");
        GeneratedBlock.ShouldHold("docs/accuracy.md", "transfer steps", lines.ToString());
    }

    [Fact]
    public void The_page_of_replay_holds_what_it_prints_beside_other_simulators() => GeneratedBlock.ShouldHold(
        "docs/replay.md", "validation replay", AstraReport.Table(AstraComparison.Run(DataCatalog.FindDataRoot()).Cases).ToMarkdown());

    [Theory]
    [InlineData("training")]
    [InlineData("kernels")]
    [InlineData("memory")]
    [InlineData("collectives")]
    [InlineData("inference")]
    public void Pages_hold_the_table_that_validate_prints(string kind)
    {
        ValidationAnswer answer = ValidationAnswer.Of(kind, DataCatalog.Open(DataCatalog.FindDataRoot()), []);
        answer.Report.ShouldNotBeNull();
        string table = ValidationTable.Markdown(answer.Report);
        GeneratedBlock.ShouldHold("docs/scores.md", $"validation {kind}", table);

        if (!answer.Carried.IsEmpty)
            GeneratedBlock.ShouldHold(kind == "inference" ? "docs/serve-accuracy.md" : "docs/accuracy.md", $"carried constants of {kind}", Carried(answer.Carried));

        // The README has a line for each source; what a source mixes is on the page.
        string[] lines = [.. table.Split('\n').Where(line => !line.StartsWith("| - ", StringComparison.Ordinal))];
        GeneratedBlock.ShouldHold("README.md", $"validation {kind}", string.Join('\n', lines));
    }

    private static string Carried(ImmutableArray<CarriedConstants> table)
    {
        StringBuilder lines = new("""
            | constants of, on | operator | rows | carried, median / mean | its own | bias |
            |---|---|---:|---:|---:|---:|

            """);
        foreach (CarriedConstants one in table)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $"| {one.From}, {one.To} | {one.Operator} | {one.Rows:#,0} | {100 * one.Median:F1} / {100 * one.Mean:F1} | {100 * one.OwnMedian:F1} / {100 * one.OwnMean:F1} | {100 * one.Bias:+0.0;-0.0;0.0} |\n");
        }

        return lines.ToString();
    }
}
