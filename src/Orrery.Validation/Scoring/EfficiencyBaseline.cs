namespace Orrery.Validation.Scoring;

/// <summary>
/// What anyone could have: useful FLOP over stated peak, times one efficiency fitted per group. Fitted on all scored rows of the group, which favours it.
/// </summary>
public static class EfficiencyBaseline
{
    /// <summary>
    /// The efficiency that makes the mean of |predicted / measured - 1| least over rows with a figure at peak; null where there is none. With
    /// <c>r = atPeak / measured</c> the sum is that of <c>r |x - 1/r|</c> with x the efficiency for rates and its inverse for times, so x is the median of
    /// <c>1/r</c> weighted by <c>r</c>. A group that mixes both takes the better of the two medians.
    /// </summary>
    public static double? Fit(IReadOnlyList<ScoredCase> rows)
    {
        double? fromTimes = WeightedMedian(rows, isRate: false) is { } inverse ? 1 / inverse : null;
        double? fromRates = WeightedMedian(rows, isRate: true);
        if (fromTimes is not { } times)
            return fromRates;
        return fromRates is { } rates && MeanError(rows, rates) < MeanError(rows, times) ? rates : times;
    }

    /// <summary>Mean absolute error at an efficiency over rows with a figure at peak; null where there is none.</summary>
    public static double? MeanError(IReadOnlyList<ScoredCase> rows, double efficiency)
    {
        double sum = 0;
        int count = 0;
        foreach (ScoredCase row in rows)
        {
            if (row.AtPeak is not { } atPeak || atPeak <= 0)
                continue;
            double predicted = row.IsRate ? atPeak * efficiency : atPeak / efficiency;
            sum += Math.Abs((predicted / row.Measured) - 1);
            count++;
        }

        return count == 0 ? null : sum / count;
    }

    private static double? WeightedMedian(IReadOnlyList<ScoredCase> rows, bool isRate)
    {
        List<double> ratios = [];
        double total = 0;
        foreach (ScoredCase row in rows)
        {
            if (row.IsRate != isRate || row.AtPeak is not { } atPeak || atPeak <= 0)
                continue;
            ratios.Add(atPeak / row.Measured);
            total += ratios[^1];
        }

        // From the largest ratio down, the kinks 1/r rise.
        ratios.Sort();
        double half = 0;
        for (int index = ratios.Count - 1; index >= 0; index--)
        {
            half += ratios[index];
            if (half >= total / 2)
                return 1 / ratios[index];
        }

        return null;
    }
}
