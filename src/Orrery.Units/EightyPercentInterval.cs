namespace Orrery.Units;

/// <summary>The central 80 % of a normal distribution, in which every interval of a report is stated; of logarithms where errors are ratios.</summary>
public static class EightyPercentInterval
{
    /// <summary>The standard normal's 90th percentile: half of the interval in standard deviations.</summary>
    public const double Deviations = 1.2815515655446004;

    /// <summary>The factor above and below a prediction whose logarithm errs by <paramref name="sigma"/>.</summary>
    public static double Factor(double sigma) => Math.Exp(Deviations * sigma);
}
