namespace Orrery.Validation.Scoring;

/// <summary>
/// Errors of a set of rows, as fractions; null where there are no rows. Percentiles interpolate linearly between order statistics.
/// </summary>
/// <param name="Mape">Mean of |error|.</param>
/// <param name="MedianApe">Median of |error|.</param>
/// <param name="P90Ape">90th percentile of |error|.</param>
/// <param name="Bias">Median of the signed error.</param>
/// <param name="Worst">Largest |error|.</param>
/// <param name="WorstId">Its row; the first of equals.</param>
/// <param name="IntervalCoverage">Share of rows whose measured figure lies in the interval.</param>
/// <param name="IntervalHalfWidth">Median of the interval's relative half-width.</param>
/// <param name="BaselineMape">Mean of |error| of the baseline on the same rows.</param>
public sealed record ErrorFigures(
    int Count,
    double? Mape,
    double? MedianApe,
    double? P90Ape,
    double? Bias,
    double? Worst,
    string WorstId,
    double? IntervalCoverage,
    double? IntervalHalfWidth,
    double? BaselineMape)
{
    /// <summary>The figures of some rows.</summary>
    /// <param name="baselineMape">Mean error of the baseline on them, from each group's own efficiency.</param>
    public static ErrorFigures Of(IReadOnlyList<ScoredCase> rows, double? baselineMape)
    {
        if (rows.Count == 0)
            return new ErrorFigures(0, null, null, null, null, null, "", null, null, null);

        double[] absolute = new double[rows.Count];
        double[] signed = new double[rows.Count];
        double[] widths = new double[rows.Count];
        double sum = 0;
        int covered = 0;
        int worst = 0;
        for (int index = 0; index < rows.Count; index++)
        {
            ScoredCase row = rows[index];
            absolute[index] = row.AbsoluteError;
            signed[index] = row.Error;
            widths[index] = row.RelativeHalfWidth;
            sum += absolute[index];
            covered += row.IsCovered ? 1 : 0;
            if (absolute[index] > rows[worst].AbsoluteError)
                worst = index;
        }

        string worstId = rows[worst].Id;
        Array.Sort(absolute);
        Array.Sort(signed);
        Array.Sort(widths);
        return new ErrorFigures(
            rows.Count,
            sum / rows.Count,
            Percentile(absolute, 0.5),
            Percentile(absolute, 0.9),
            Percentile(signed, 0.5),
            absolute[^1],
            worstId,
            (double)covered / rows.Count,
            Percentile(widths, 0.5),
            baselineMape);
    }

    /// <summary>The quantile <paramref name="share"/> of sorted values, linear between neighbours; NaN for none.</summary>
    public static double Percentile(ReadOnlySpan<double> sorted, double share)
    {
        if (sorted.IsEmpty)
            return double.NaN;
        double place = share * (sorted.Length - 1);
        int below = (int)Math.Floor(place);
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
