using System.Collections.Immutable;
using System.Text.Json;
using Orrery.Validation.Kernels;

namespace Orrery.Validation.Scoring;

/// <summary>
/// Writes a report as JSON, schema <c>orrery.validate/1</c>. Keys and meanings are a contract (docs/validate.md): errors are fractions of the measured
/// figure, numbers are finite or null. The pooled and the group figures are over rows not fitted; keys that begin with <c>all</c> are over every scored row.
/// </summary>
public static class ValidationJson
{
    public const string Schema = "orrery.validate/1";

    /// <summary>Writes the whole object.</summary>
    /// <param name="regret">Added as <c>regret</c> where given.</param>
    /// <param name="carried">Added as <c>carried</c> where there are any.</param>
    public static void Write(Utf8JsonWriter json, ValidationReport report, PlanRegret? regret = null, ImmutableArray<CarriedConstants> carried = default)
    {
        json.WriteStartObject();
        json.WriteString("schema", Schema);
        json.WriteString("kind", report.Kind);
        json.WriteStartArray("cases");
        foreach (ScoredCase row in report.Cases)
        {
            json.WriteStartObject();
            json.WriteString("id", row.Id);
            json.WriteString("group", row.Group);
            json.WriteString("metric", row.Metric);
            Number(json, "measured", row.Measured);
            Number(json, "predicted", row.Predicted);
            Number(json, "error", row.Error);
            Number(json, "low", row.Low);
            Number(json, "high", row.High);
            json.WriteBoolean("fitted", row.IsFitted);
            json.WriteString("note", row.Note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("skipped");
        foreach (SkippedCase row in report.Skipped)
        {
            json.WriteStartObject();
            json.WriteString("id", row.Id);
            json.WriteString("group", row.Group);
            json.WriteString("why", row.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("notExpressible", report.NotExpressible);
        Figures(json, report.Unseen);
        AllFigures(json, report.All);
        Groups(json, "byGroup", report.Groups);
        Groups(json, "bySlice", report.Slices);
        json.WriteStartArray("failures");
        foreach (string failure in report.Failures)
            json.WriteStringValue(failure);
        json.WriteEndArray();
        if (regret is not null)
        {
            json.WriteStartObject("regret");
            json.WriteNumber("groups", regret.Groups);
            Number(json, "meanPlans", regret.MeanPlans);
            Number(json, "mean", regret.Mean);
            Number(json, "worst", regret.Worst);
            json.WriteString("worstPick", regret.WorstPick);
            Number(json, "exactShare", regret.ExactShare);
            json.WriteEndObject();
        }

        if (!carried.IsDefaultOrEmpty)
        {
            json.WriteStartArray("carried");
            foreach (CarriedConstants one in carried)
            {
                json.WriteStartObject();
                json.WriteString("from", one.From);
                json.WriteString("to", one.To);
                json.WriteString("operator", one.Operator);
                json.WriteNumber("n", one.Rows);
                Number(json, "ownMedianApe", one.OwnMedian);
                Number(json, "medianApe", one.Median);
                Number(json, "ownMape", one.OwnMean);
                Number(json, "mape", one.Mean);
                Number(json, "bias", one.Bias);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
    }

    private static void Groups(Utf8JsonWriter json, string key, ImmutableArray<GroupReport> groups)
    {
        json.WriteStartObject(key);
        foreach (GroupReport group in groups)
        {
            json.WriteStartObject(group.Group);
            json.WriteNumber("n", group.Unseen.Count);
            json.WriteNumber("nFitted", group.Fitted);
            json.WriteNumber("skipped", group.Skipped);
            json.WriteNumber("notExpressible", group.NotExpressible);
            Figures(json, group.Unseen);
            AllFigures(json, group.All);
            Number(json, "leaveOneOutMape", group.LeaveOneOut);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Figures(Utf8JsonWriter json, ErrorFigures figures)
    {
        Number(json, "mape", figures.Mape);
        Number(json, "medianApe", figures.MedianApe);
        Number(json, "p90Ape", figures.P90Ape);
        Number(json, "bias", figures.Bias);
        Number(json, "worst", figures.Worst);
        json.WriteString("worstId", figures.WorstId);
        Number(json, "intervalCoverage", figures.IntervalCoverage);
        Number(json, "intervalHalfWidth", figures.IntervalHalfWidth);
        Number(json, "baselineMape", figures.BaselineMape);
    }

    private static void AllFigures(Utf8JsonWriter json, ErrorFigures figures)
    {
        json.WriteNumber("allN", figures.Count);
        Number(json, "allMape", figures.Mape);
        Number(json, "allMedianApe", figures.MedianApe);
        Number(json, "allP90Ape", figures.P90Ape);
        Number(json, "allBias", figures.Bias);
        Number(json, "allWorst", figures.Worst);
        json.WriteString("allWorstId", figures.WorstId);
        Number(json, "allIntervalCoverage", figures.IntervalCoverage);
        Number(json, "allIntervalHalfWidth", figures.IntervalHalfWidth);
        Number(json, "allBaselineMape", figures.BaselineMape);
    }

    private static void Number(Utf8JsonWriter json, string key, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            json.WriteNumber(key, number);
        else
            json.WriteNull(key);
    }
}
