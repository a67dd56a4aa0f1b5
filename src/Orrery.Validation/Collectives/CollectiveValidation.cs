using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Collectives;

/// <summary>Everything <c>orrery validate collectives</c> does between its flags and its printing.</summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
public sealed record CollectiveValidation(ValidationReport? Report, ImmutableArray<Diagnostic> Diagnostics)
{
    private const double Mebibyte = 1024.0 * 1024;

    /// <summary>Reads cases, predicts and scores; rows that a calibration of collectives saw are counted as fitted. Beside each source stand its small and large messages.</summary>
    /// <param name="caseFiles">Files of cases; empty is the catalogue's own.</param>
    public static CollectiveValidation Run(DataCatalog catalog, ImmutableArray<string> caseFiles)
    {
        ImmutableArray<string> files = caseFiles.IsDefaultOrEmpty ? ValidationFiles.Collectives(catalog.DataRoot) : caseFiles;
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        bool failed = false;
        CaseScorer scorer = new(CalibrationRows.ReadFolder(Path.Combine(catalog.DataRoot, "calibration", "collectives")));
        CollectivePricer pricer = new(catalog);
        foreach (string path in files)
        {
            CaseFile<CollectiveCase> file = CollectiveCase.Read(path);
            diagnostics.AddRange(file.Diagnostics);
            failed |= file.HasErrors;
            foreach (CollectiveCase row in file.Cases)
            {
                string metric = row.Origin.PrimaryMetric;
                string slice = $"{Fabric(row)} {(CollectivePricer.BytesOf(row) is >= Mebibyte ? "from" : "below")} 1 MiB";
                scorer.Add(row.Origin, row.Measured(metric), () => Predict(row, metric, pricer), isRate: metric != "time_us", slice: slice);
            }
        }

        return new CollectiveValidation(failed ? null : scorer.Report("collectives"), diagnostics.ToImmutable());
    }

    /// <summary>What the members of a row talk over.</summary>
    private static string Fabric(CollectiveCase row) => row.Link.Contains("EFA", StringComparison.Ordinal) || row.Chip.StartsWith("Trainium", StringComparison.Ordinal)
        ? row.Nodes > 1 ? "EFA" : "inside"
        : row.Nodes > 1 ? "InfiniBand" : row.Link.Contains("PCIe", StringComparison.Ordinal) ? "PCIe" : row.Link.Contains("ICI", StringComparison.Ordinal) ? "ICI" : "NVLink";

    private static Scoring.Prediction Predict(CollectiveCase row, string metric, CollectivePricer pricer)
    {
        if (pricer.Price(row, out string why) is not { } priced)
            return Scoring.Prediction.Skip(why);
        double spread = EightyPercentInterval.Factor(priced.Sigma);
        double seconds = priced.Time.Value, bytes = CollectivePricer.BytesOf(row) ?? double.NaN;
        double value = metric switch
        {
            "time_us" => seconds * 1e6,
            "algbw_GBps" => bytes / seconds / 1e9,
            "busbw_GBps" => bytes * CollectivePricer.BusFactor(row) / seconds / 1e9,
            _ => double.NaN,
        };
        return value > 0 && double.IsFinite(value)
            ? Scoring.Prediction.Of(value, value / spread, value * spread)
            : Scoring.Prediction.Skip($"collectives do not give {metric}");
    }
}
