using Orrery.Validation.Scoring;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Scoring;

public sealed class ErrorFiguresTests
{
    [Fact]
    public void Figures_of_a_few_rows_are_those_worked_out_by_hand()
    {
        List<ScoredCase> rows = [Row("a", 10, 11), Row("b", 10, 8), Row("c", 10, 10), Row("d", 10, 14)];

        ErrorFigures figures = ErrorFigures.Of(rows, 0.3);

        figures.Mape!.Value.ShouldBe(0.175, 1e-12);
        figures.MedianApe!.Value.ShouldBe(0.15, 1e-12);
        figures.P90Ape!.Value.ShouldBe(0.34, 1e-12);
        figures.Bias!.Value.ShouldBe(0.05, 1e-12);
        figures.Worst!.Value.ShouldBe(0.4, 1e-12);
        figures.WorstId.ShouldBe("d");
        figures.IntervalCoverage.ShouldBe(0.5);
        figures.IntervalHalfWidth!.Value.ShouldBe(0.1, 1e-12);
        figures.BaselineMape.ShouldBe(0.3);
    }

    [Fact]
    public void No_rows_have_no_figures()
    {
        ErrorFigures figures = ErrorFigures.Of([], 0.1);

        figures.Count.ShouldBe(0);
        figures.Mape.ShouldBeNull();
        figures.IntervalCoverage.ShouldBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_baseline_is_no_worse_than_any_other_efficiency(bool isRate)
    {
        Random random = new(23);
        for (int round = 0; round < 50; round++)
        {
            List<ScoredCase> rows = [];
            for (int index = random.Next(1, 40); index > 0; index--)
            {
                double atPeak = Math.Exp(4 * random.NextDouble());
                double measured = isRate ? atPeak * random.NextDouble() : atPeak / random.NextDouble();
                rows.Add(new ScoredCase("r", "g", "m", measured, 1, 1, 1, false, "", atPeak, isRate));
            }

            double best = EfficiencyBaseline.MeanError(rows, EfficiencyBaseline.Fit(rows)!.Value)!.Value;

            for (double other = 0.001; other < 1.5; other *= 1.01)
                best.ShouldBeLessThanOrEqualTo(EfficiencyBaseline.MeanError(rows, other)!.Value + 1e-12);
        }
    }

    [Fact]
    public void There_is_no_baseline_without_figures_at_peak() =>
        EfficiencyBaseline.Fit([Row("a", 1, 1)]).ShouldBeNull();

    private static ScoredCase Row(string id, double measured, double predicted) =>
        new(id, "g", "iteration_time_s", measured, predicted, 0.9 * predicted, 1.1 * predicted, false, "", null, false);
}
