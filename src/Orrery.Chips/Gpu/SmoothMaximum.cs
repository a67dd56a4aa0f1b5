namespace Orrery.Chips.Gpu;

/// <summary>
/// Smooth maximum <c>(a^p + b^p)^(1/p)</c> of times that overlap imperfectly: 1 is no overlap (the sum), infinity a perfect one.
/// </summary>
internal static class SmoothMaximum
{
    /// <summary>Of two non-negative times; exponent at least 1.</summary>
    public static double Of(double a, double b, double exponent)
    {
        double large = Math.Max(a, b);
        double small = Math.Min(a, b);
        // Below this share the correction is under 1e-9 of the maximum for every exponent from 1.
        if (small <= large * 1e-9 || double.IsPositiveInfinity(exponent))
            return large;
        double ratio = small / large;
        if (exponent >= 4 && ratio < 0.005)
            return large;
        double power = Math.Exp(exponent * Math.Log(ratio));
        return power < 1e-10 ? large : large * Math.Exp(Math.Log(1 + power) / exponent);
    }
}
