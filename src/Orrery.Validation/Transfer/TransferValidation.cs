using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Validation.Cases;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Transfer;

using Prediction = Orrery.Validation.Scoring.Prediction;

/// <summary>
/// Everything <c>orrery validate transfer</c> does between its flags and its printing: chips that nothing was fitted on, predicted with what was fitted on their
/// predecessors. Each row alone; then, where two chips made the same, the later chip's speed over the earlier's, and the geometric mean of those.
/// </summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
public sealed record TransferValidation(ValidationReport? Report, ImmutableArray<Diagnostic> Diagnostics)
{
    private const string Speed = "speed_up";

    /// <summary>Reads cases, predicts and scores. Nothing is fitted on any of the rows.</summary>
    /// <param name="caseFiles">Files of cases; empty is the catalogue's own.</param>
    public static TransferValidation Run(DataCatalog catalog, ImmutableArray<string> caseFiles)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ImmutableArray<string> files = caseFiles.IsDefaultOrEmpty ? ValidationFiles.Transfer(catalog.DataRoot) : caseFiles;
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        DiffusionStepPredictor predictor = new(catalog);
        CaseScorer scorer = new(CalibrationEvidence.Load(catalog).Fitted);
        bool failed = false;
        foreach (string path in files)
        {
            CaseFile<DiffusionCase> file = DiffusionCase.Read(path);
            diagnostics.AddRange(file.Diagnostics);
            failed |= file.HasErrors;
            Score(file.Cases, predictor, scorer);
        }

        return new TransferValidation(failed ? null : scorer.Report("transfer"), diagnostics.ToImmutable());
    }

    private static void Score(ImmutableArray<DiffusionCase> rows, DiffusionStepPredictor predictor, CaseScorer scorer)
    {
        ImmutableArray<Prediction> predictions = [.. rows.Select(row => row.Origin.IsExpressible ? predictor.Predict(row) : Prediction.Skip(row.Origin.WhyNot))];
        for (int at = 0; at < rows.Length; at++)
        {
            Prediction prediction = predictions[at];
            scorer.Add(rows[at].Origin, rows[at].StepMs, () => prediction, isRate: false, group: $"steps on {rows[at].Chip}");
        }

        // Chips in the order of the file: the first is the predecessor.
        string[] chips = [.. rows.Select(static row => row.Chip).Distinct(StringComparer.Ordinal)];
        for (int later = 1; later < chips.Length; later++)
            Ratios(rows, predictions, chips[0], chips[later], predictor, scorer);
    }

    private static void Ratios(
        ImmutableArray<DiffusionCase> rows, ImmutableArray<Prediction> predictions, string earlier, string later, DiffusionStepPredictor predictor, CaseScorer scorer)
    {
        string group = $"{later} over {earlier}";
        double measuredSum = 0;
        double predictedSum = 0;
        int pairs = 0;
        CaseOrigin? last = null;
        double spread = 1;
        for (int at = 0; at < rows.Length; at++)
        {
            int before = rows.IndexOf(rows.FirstOrDefault(row => row.Chip == earlier && row.Work == rows[at].Work && row.Origin.IsExpressible)!);
            if (rows[at].Chip != later || !rows[at].Origin.IsExpressible || before < 0 || rows[at].StepMs is not { } now || rows[before].StepMs is not { } then
                || predictions[at].SkipReason is not null || predictions[before].SkipReason is not null)
            {
                continue;
            }

            double measured = then / now;
            double predicted = predictions[before].Value / predictions[at].Value;
            spread = Math.Exp(predictor.RatioHalfWidth(rows[at].Origin.Stack));
            last = rows[at].Origin with { Id = $"{rows[at].Origin.Id}-over-{earlier}", PrimaryMetric = Speed };
            measuredSum += Math.Log(measured);
            predictedSum += Math.Log(predicted);
            pairs++;
            scorer.Add(last, measured, () => Around(predicted, spread), isRate: true, group: group);
        }

        if (last is null)
            return;
        double meanMeasured = Math.Exp(measuredSum / pairs);
        double meanPredicted = Math.Exp(predictedSum / pairs);
        scorer.Add(
            last with { Id = $"{group}, geometric mean" }, meanMeasured, () => Around(meanPredicted, spread), isRate: true, group: $"{group}, geometric mean");
    }

    private static Prediction Around(double value, double spread) => Prediction.Of(value, value / spread, value * spread);
}
