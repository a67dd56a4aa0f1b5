using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Everything <c>orrery validate memory</c> does between its flags and its printing.</summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
public sealed record MemoryValidation(ValidationReport? Report, ImmutableArray<Diagnostic> Diagnostics)
{
    private const double BytesPerGibibyte = 1024.0 * 1024 * 1024;

    /// <summary>
    /// Reads cases and conventions, predicts and scores. No fit runs over memory rows; those that constants of memory were set on by hand
    /// (<c>data/calibration/memory</c>) count as fitted.
    /// </summary>
    /// <param name="caseFiles">Files of cases; empty is the catalogue's own.</param>
    public static MemoryValidation Run(DataCatalog catalog, IMemoryPredictor predictor, ImmutableArray<string> caseFiles)
    {
        ImmutableArray<string> files = caseFiles.IsDefaultOrEmpty ? ValidationFiles.Memory(catalog.DataRoot) : caseFiles;
        Result<CaseConventions> conventions = CaseConventions.Load(catalog.DataRoot);
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        diagnostics.AddRange(conventions.Diagnostics);
        bool failed = conventions.Value is null;
        CaseScorer scorer = new(CalibrationRows.ReadFolder(Path.Combine(catalog.DataRoot, "calibration", "memory")));
        foreach (string path in files)
        {
            CaseFile<MemoryCase> file = MemoryCase.Read(path);
            diagnostics.AddRange(file.Diagnostics);
            failed |= file.HasErrors;
            if (conventions.Value is not null)
                Score(file.Cases, new CaseReader(conventions.Value, new ModelLibrary(catalog.DataRoot)), predictor, scorer);
        }

        return new MemoryValidation(failed ? null : scorer.Report("memory"), diagnostics.ToImmutable());
    }

    /// <summary>Scores rows into <paramref name="scorer"/>.</summary>
    public static void Score(ImmutableArray<MemoryCase> rows, CaseReader reader, IMemoryPredictor predictor, CaseScorer scorer)
    {
        foreach (MemoryCase row in rows)
        {
            string metric = row.Origin.PrimaryMetric;
            CaseReading reading = row.Origin.IsExpressible ? reader.Read(row) : new CaseReading(null, "");
            string note = reading.Inputs is null ? row.Component : $"{row.Component}; {string.Join("; ", reading.Inputs.Notes)}".TrimEnd(' ', ';');
            string slice = row.Job.Experts is > 1 || reading.Inputs?.Architecture.HasExperts == true
                ? $"{row.Job.Chip} experts"
                : $"{row.Job.Chip} dense";
            scorer.Add(row.Origin, row.Measured(metric), () => Predict(reading, row, predictor), isRate: false, note, slice: slice);
        }
    }

    private static Prediction Predict(CaseReading reading, MemoryCase row, IMemoryPredictor predictor)
    {
        string metric = row.Origin.PrimaryMetric;
        if (reading.Inputs is not { } inputs)
            return Prediction.Skip(reading.Why);
        MemoryPrediction prediction = predictor.Predict(inputs);
        if (prediction.SkipReason is { } reason)
            return Prediction.Skip(reason);
        double half = prediction.RelativeHalfWidth;
        switch (metric)
        {
            case "peak_gib_per_chip" or "reserved_gib_per_chip":
                bool isReserved = metric == "reserved_gib_per_chip" || row.Component.Contains("reserved", StringComparison.OrdinalIgnoreCase);
                return Around((isReserved ? prediction.ReservedOverAllocated : 1) * prediction.Total.Value * inputs.RanksPerChip / BytesPerGibibyte, half);
            case "relative_pct":
                // The reference layout of the source: tensor parallelism alone, nothing recomputed.
                MemoryPrediction reference = predictor.Predict(inputs with { SequenceParallel = false, Recompute = CaseRecompute.None });
                return reference.SkipReason is { } missing ? Prediction.Skip(missing)
                    : reference.Activations.Value > 0 ? Around(100 * prediction.Activations.Value / reference.Activations.Value, half)
                    : Prediction.Skip("no activations in the reference layout");
            default:
                return Prediction.Skip($"memory does not give {metric}");
        }
    }

    private static Prediction Around(double value, double half) => value > 0 && double.IsFinite(value)
        ? Prediction.Of(value, value / (1 + half), value * (1 + half))
        : Prediction.Skip("no memory predicted");
}
