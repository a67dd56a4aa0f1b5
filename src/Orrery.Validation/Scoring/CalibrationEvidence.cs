using Orrery.Catalog;

namespace Orrery.Validation.Scoring;

/// <summary>What the calibration files say about themselves: the rows they saw, and how they did without parts of them.</summary>
public sealed class CalibrationEvidence
{
    private CalibrationEvidence(HashSet<string> fitted, SortedDictionary<string, double> leaveOneOut)
    {
        Fitted = fitted;
        LeaveOneOut = leaveOneOut;
    }

    /// <summary>Ids of every row any calibration was fitted on.</summary>
    public IReadOnlySet<string> Fitted { get; }

    /// <summary>
    /// By source of rows: mean error with the row's own model or configuration left out of the fit; the mean by fitted rows where several fits saw the source.
    /// </summary>
    public IReadOnlyDictionary<string, double> LeaveOneOut { get; }

    /// <summary>Reads the calibrations of all chips and stacks; a list of rows that is missing leaves its rows counted as not fitted.</summary>
    /// <param name="onlyStack">Only that stack's fits, which is what matters where its constants price everything; null for all.</param>
    public static CalibrationEvidence Load(DataCatalog catalog, string? onlyStack = null)
    {
        HashSet<string> fitted = new(StringComparer.Ordinal);
        SortedDictionary<string, (double Sum, int Rows)> sums = new(StringComparer.Ordinal);
        foreach (string chip in catalog.ChipIds)
            Add(catalog, CalibrationKind.Chips, chip, fitted, sums);
        foreach (string stack in catalog.StackIds.Where(stack => onlyStack is null || stack == onlyStack))
            Add(catalog, CalibrationKind.Stacks, stack, fitted, sums);

        SortedDictionary<string, double> leaveOneOut = new(StringComparer.Ordinal);
        foreach ((string source, (double sum, int rows)) in sums)
            leaveOneOut[source] = sum / rows;
        return new CalibrationEvidence(fitted, leaveOneOut);
    }

    private static void Add(
        DataCatalog catalog, CalibrationKind kind, string id, HashSet<string> fitted, SortedDictionary<string, (double Sum, int Rows)> sums)
    {
        if (catalog.Calibration(kind, id).Value is not { } file)
            return;
        string folder = Path.GetDirectoryName(catalog.CalibrationPath(kind, id)) ?? "";
        // The fits of a chip share one list of rows.
        HashSet<string> read = new(StringComparer.Ordinal);
        foreach (CalibrationFit fit in file.Fits)
        {
            if (fit.RowsFile.Length > 0 && read.Add(fit.RowsFile) && CalibrationRows.Read(Path.Combine(folder, fit.RowsFile)) is { } rows)
                fitted.UnionWith(rows);
            if (fit.LeaveOneOutBy.Length == 0)
                continue;
            int weight = Math.Max(1, fit.RowsFitted);
            foreach (string source in fit.Source)
            {
                (double sum, int count) = sums.GetValueOrDefault(source);
                sums[source] = (sum + (weight * fit.LeaveOneOutError), count + weight);
            }
        }
    }
}
