using Orrery.Models;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Turns a step time into the figure a source prints, by the source's own count of FLOP.</summary>
public static class StepMetric
{
    /// <summary>True where more is faster.</summary>
    public static bool IsRate(string metric) => metric != "iteration_time_s";

    /// <summary>
    /// The factor between step time and metric: the metric is <c>factor * t</c> for times, <c>factor / t</c> for rates. Null with a reason where a step
    /// time does not settle the metric.
    /// </summary>
    public static double? Factor(TrainingCaseInputs inputs, string metric, FlopConvention convention, out string why)
    {
        why = "";
        switch (metric)
        {
            case "iteration_time_s":
                return 1;
            case "samples_per_s":
                return inputs.GlobalBatch;
            case "tokens_per_s":
                return inputs.TokensPerStep;
            case "tokens_per_s_per_chip":
                return inputs.TokensPerStep / inputs.Chips;
            case "model_tflops_per_chip":
                return ModelFlop(inputs, convention) / inputs.Chips / 1e12;
            case "hw_tflops_per_chip":
                if (inputs.Recompute is CaseRecompute.Partial or CaseRecompute.NotStated)
                {
                    why = $"hardware FLOP of recomputation '{inputs.RecomputeWords}' are not defined";
                    return null;
                }

                return HardwareFlop(inputs, convention) / inputs.Chips / 1e12;
            case "time_to_train_min":
                why = "time to train includes evaluation and depends on convergence";
                return null;
            default:
                why = $"a step time does not give {metric}";
                return null;
        }
    }

    /// <summary>The metric of a predicted step; low and high change places for rates.</summary>
    public static Prediction Convert(in Prediction step, double factor, bool isRate) => isRate
        ? step with { Value = factor / step.Value, Low = factor / step.High, High = factor / step.Low, AtPeak = factor / step.AtPeak }
        : step with { Value = factor * step.Value, Low = factor * step.Low, High = factor * step.High, AtPeak = factor * step.AtPeak };

    /// <summary>Useful FLOP of one step as the source counts them.</summary>
    public static double ModelFlop(TrainingCaseInputs inputs, FlopConvention convention)
    {
        ModelFlops flops = ModelFlops.PerSequence(inputs.Architecture, inputs.Sequence, convention.Attention);
        double one = inputs.Task == CaseTask.LowRankAdapters && convention.LeavesOutFrozen ? flops.TrainingFrozen : flops.Training;
        return one * inputs.GlobalBatch;
    }

    private static double HardwareFlop(TrainingCaseInputs inputs, FlopConvention convention)
    {
        ModelFlops flops = ModelFlops.PerSequence(inputs.Architecture, inputs.Sequence, convention.Attention);
        double one = inputs.Recompute switch
        {
            CaseRecompute.Full => flops.TrainingFullRecompute,
            CaseRecompute.Selective => flops.TrainingSelectiveRecompute,
            _ => flops.Training,
        };
        return one * inputs.GlobalBatch;
    }
}
