namespace Orrery.Serving;

/// <summary>
/// The highest rate at which a share of requests is kept, by steps that grow until one rate keeps it and another does not, then by halving the
/// logarithm between them. Knows no engine: whatever can say how many of its requests are kept at a rate can be searched.
/// </summary>
/// <remarks>
/// Exact to <see cref="Tolerance"/> where more load never keeps more. Where a run draws the same requests at every rate, only closer together (common
/// random numbers), chance does not stand between two rates.
/// </remarks>
public sealed record RateSearch
{
    /// <summary>The first step; each further one is the square of the last.</summary>
    private const double FirstStep = 1.3;

    /// <summary>A rate that is missed lies no further above the answer than this share of it.</summary>
    public double Tolerance { get; init; } = 0.01;

    /// <summary>No rate below is tried.</summary>
    public double Least { get; init; } = 1e-6;

    /// <summary>Requests a second at which all are as good as at once.</summary>
    public const double Highest = 1e9;

    /// <summary>No rate above is tried.</summary>
    public double Most { get; init; } = Highest;

    /// <summary>Searches from <paramref name="start"/>.</summary>
    /// <param name="attainment">Share of the requests kept at a rate, 0 to 1.</param>
    /// <param name="share">The share asked for.</param>
    public RateBracket Find(Func<double, double> attainment, double share, double start)
    {
        ArgumentNullException.ThrowIfNull(attainment);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Tolerance);
        double rate = Math.Clamp(start, Least, Most);
        double kept = 0;
        double missed = double.PositiveInfinity;
        int runs = 0;
        Try(rate);
        for (double step = FirstStep; kept == 0 && missed > Least; step *= step)
            Try(Math.Max(Least, missed / step));
        for (double step = FirstStep; double.IsPositiveInfinity(missed) && kept < Most; step *= step)
            Try(Math.Min(Most, kept * step));
        while (kept > 0 && double.IsFinite(missed) && missed > kept * (1 + Tolerance))
            Try(Math.Sqrt(kept * missed));
        return new RateBracket(kept, missed, runs);

        void Try(double one)
        {
            runs++;
            if (attainment(one) >= share)
                kept = one;
            else
                missed = one;
        }
    }
}
