using Orrery.Models;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Scoring;

using Orrery.Validation.Scoring;

/// <summary>Conversions and FLOP conventions, held to rows that print a step time beside another figure.</summary>
public sealed class StepMetricTests
{
    [Theory]
    [InlineData("samples_per_s", 0.005)]
    [InlineData("tokens_per_s", 0.005)]
    [InlineData("tokens_per_s_per_chip", 0.005)]
    public void A_printed_step_time_gives_the_printed_throughput(string metric, double tolerance)
    {
        int rows = 0;
        foreach ((TrainingCase row, TrainingCaseInputs inputs) in WithStepTime(metric))
        {
            double factor = StepMetric.Factor(inputs, metric, PublishedCases.Conventions.FlopConventionOf(row.Origin.Group), out _)!.Value;
            (factor / row.IterationTimeS!.Value / row.Measured(metric)!.Value).ShouldBe(1, tolerance, row.Origin.Id);
            rows++;
        }

        rows.ShouldBeGreaterThan(100);
    }

    [Theory]
    [InlineData("narayanan2021", "hw_tflops_per_chip", 12, 1e-4)]
    [InlineData("mosaicml-llm-foundry", "model_tflops_per_chip", 135, 0.025)]
    [InlineData("nvidia-megatron-bridge", "model_tflops_per_chip", 120, 0.02)]
    public void The_flop_convention_of_a_source_gives_its_printed_rate(string group, string metric, int leastRows, double tolerance)
    {
        FlopConvention convention = PublishedCases.Conventions.FlopConventionOf(group);
        List<double> errors = [];
        foreach ((TrainingCase row, TrainingCaseInputs inputs) in WithStepTime(metric))
        {
            // Adapter rows print FLOP of their own: a count of frozen products that no formula of the source explains.
            if (row.Origin.Group != group || inputs.Task == CaseTask.LowRankAdapters)
                continue;
            double factor = StepMetric.Factor(inputs, metric, convention, out _)!.Value;
            errors.Add(Math.Abs((factor / row.IterationTimeS!.Value / row.Measured(metric)!.Value) - 1));
        }

        errors.Count.ShouldBeGreaterThanOrEqualTo(leastRows);
        errors.Sort();
        ErrorFigures.Percentile(errors.ToArray(), 0.9).ShouldBeLessThan(tolerance);
    }

    [Fact]
    public void Rates_turn_the_interval_around()
    {
        Prediction step = Prediction.Of(2, 1, 4, atPeak: 0.5);

        Prediction rate = StepMetric.Convert(step, 8, isRate: true);
        (rate.Value, rate.Low, rate.High, rate.AtPeak).ShouldBe((4, 2, 8, 16));

        Prediction time = StepMetric.Convert(step, 8, isRate: false);
        (time.Value, time.Low, time.High, time.AtPeak).ShouldBe((16, 8, 32, 4));
    }

    [Theory]
    [InlineData("time_to_train_min")]
    [InlineData("peak_mem_gib_per_chip")]
    [InlineData("no such metric")]
    public void A_metric_that_a_step_time_does_not_settle_has_a_reason(string metric)
    {
        TrainingCaseInputs inputs = PublishedCases.Readings["vtrain-single-0003"].Inputs!;

        StepMetric.Factor(inputs, metric, new FlopConvention(AttentionCounting.Once, false), out string why).ShouldBeNull();
        why.ShouldNotBeEmpty();
    }

    private static IEnumerable<(TrainingCase Row, TrainingCaseInputs Inputs)> WithStepTime(string metric)
    {
        foreach (TrainingCase row in PublishedCases.Training)
        {
            if (row.Origin.IsExpressible && row.IterationTimeS is not null && row.Measured(metric) is not null
                && PublishedCases.Readings[row.Origin.Id].Inputs is { } inputs)
                yield return (row, inputs);
        }
    }
}
