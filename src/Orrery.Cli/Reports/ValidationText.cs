using System.Collections.Immutable;
using System.Globalization;
using Orrery.Units;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;

namespace Orrery.Cli.Reports;

/// <summary>The report of <c>validate</c> for a person.</summary>
public static class ValidationText
{
    public static void Write(TextWriter output, Terminal terminal, ValidationReport report, PlanRegret? regret, ImmutableArray<CarriedConstants> carried = default)
    {
        output.WriteLine(terminal.Bold($"validate {report.Kind}: {report.Cases.Length:#,0} rows predicted, {report.Skipped.Length:#,0} skipped; errors in per cent"));
        output.WriteLine();
        output.Write(ValidationTable.Text(report));
        output.WriteLine();
        if (report.Unseen.Count > 0 && report.Unseen is { IntervalCoverage: { } coverage, IntervalHalfWidth: { } width, MedianApe: { } median })
        {
            output.WriteLine($"Over rows not fitted, {Quantity.FormatPercent(coverage)} lie in the stated 80 % interval; its median half-width is "
                + $"{Quantity.FormatPercent(width)}, the median error {Quantity.FormatPercent(median)}.");
        }

        if (regret is not null)
        {
            output.WriteLine($"The plan ranked first is on average {Quantity.FormatPercent(regret.Mean, 2)} slower than the measured best "
                + $"(of {regret.Groups} sets of plans; worst {Quantity.FormatPercent(regret.Worst, 2)}).");
        }

        if (!carried.IsDefaultOrEmpty)
        {
            output.WriteLine();
            output.WriteLine(report.Kind == "inference"
                ? "Time per token with nothing fitted, with constants of a sister chip, and of memory's bandwidth alone; median / mean error in per cent on rows no fit saw"
                : "Constants of another chip, this chip's data sheet; median / mean error in per cent on rows its own fit did not see");
            foreach (CarriedConstants one in carried)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(one.From + " to " + one.To).PadRight(report.Kind == "inference" ? 22 : 14)} {one.Operator,-28} {one.Rows,6}  carried {100 * one.Median,5:0.0} / {100 * one.Mean,5:0.0}  own {100 * one.OwnMedian,5:0.0} / {100 * one.OwnMean,5:0.0}  bias {100 * one.Bias,6:+0.0;-0.0;0.0}"));
            }

            output.WriteLine();
        }

        foreach (IGrouping<string, SkippedCase> why in report.Skipped.GroupBy(row => row.Why).OrderByDescending(group => group.Count()).Take(5))
            output.WriteLine($"skipped, {why.Count()} times: {why.Key}");
        output.WriteLine($"Next: {CommandLine.Program} validate {report.Kind} --json lists every row");
    }
}
