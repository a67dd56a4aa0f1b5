using System.Collections.Immutable;
using Orrery.Models;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Scores step-time predictions on the metric that each training source prints.</summary>
/// <param name="reader">Makes rows into inputs.</param>
/// <param name="conventions">What each source counts.</param>
/// <param name="peak">Stated dense peak of one chip in the case's number format, for the baseline; null where the chip is not known.</param>
public sealed class TrainingScorer(CaseReader reader, CaseConventions conventions, Func<TrainingCaseInputs, FlopPerSecond?> peak)
{
    /// <summary>Predicts and scores all rows.</summary>
    /// <param name="fitted">Ids of rows that calibrations were fitted on.</param>
    public ValidationReport Score(
        ImmutableArray<TrainingCase> rows,
        ITrainingPredictor predictor,
        IReadOnlySet<string> fitted,
        IReadOnlyDictionary<string, double>? leaveOneOut = null)
    {
        CaseScorer scorer = new(fitted);
        foreach (TrainingCase row in rows)
        {
            string metric = row.Origin.PrimaryMetric;
            CaseReading reading = row.Origin.IsExpressible ? reader.Read(row) : new CaseReading(null, "");
            string note = reading.Inputs is null ? "" : string.Join("; ", reading.Inputs.Notes);
            scorer.Add(
                row.Origin, row.Measured(metric), () => Predict(reading, metric, predictor), StepMetric.IsRate(metric), note, slice: SliceOf(row, reading.Inputs),
                secondSlice: FormatOf(row, reading.Inputs));
        }

        return scorer.Report("training", leaveOneOut);
    }

    /// <summary>Chip, whether the model has experts, and whether only adapters learn: what one source mixes and constants do not share.</summary>
    private static string SliceOf(TrainingCase row, TrainingCaseInputs? inputs)
    {
        string kind = row.Job.Experts is > 1 ? "experts" : "dense";
        return inputs?.Task == CaseTask.LowRankAdapters ? $"{row.Job.Chip} {kind} adapters" : $"{row.Job.Chip} {kind}";
    }

    /// <summary>Format of the products and whether the model has experts; empty where the source leaves the format open.</summary>
    private static string FormatOf(TrainingCase row, TrainingCaseInputs? inputs) => inputs is null || inputs.Precision.Alternative is not null
        ? ""
        : $"{inputs.Precision.Products.Text()} {(row.Job.Experts is > 1 ? "experts" : "dense")}";

    private Prediction Predict(CaseReading reading, string metric, ITrainingPredictor predictor)
    {
        if (reading.Inputs is not { } inputs)
            return Prediction.Skip(reading.Why);
        if (StepMetric.Factor(inputs, metric, conventions.FlopConventionOf(inputs.Origin.Group), out string why) is not { } factor)
            return Prediction.Skip(why);
        Prediction step = predictor.Predict(inputs);
        return step.SkipReason is not null
            ? step
            : StepMetric.Convert(step with { AtPeak = TimeAtPeak(inputs) }, factor, StepMetric.IsRate(metric));
    }

    /// <summary>Useful FLOP (causal attention once, no recomputation) over the peak of all chips.</summary>
    private double? TimeAtPeak(TrainingCaseInputs inputs) => peak(inputs) is { } rate
        ? ModelFlops.PerSequence(inputs.Architecture, inputs.Sequence).Training * inputs.GlobalBatch / (rate.Value * inputs.Chips)
        : null;
}
