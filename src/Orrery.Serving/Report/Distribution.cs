namespace Orrery.Serving;

/// <summary>Mean and percentiles of one measure over requests, in seconds, with the 80 % interval of the mean.</summary>
/// <param name="Low">Mean where every iteration is faster by the model's own doubt.</param>
/// <param name="High">The same, slower.</param>
public readonly record struct Distribution(double Mean, double P50, double P90, double P99, double Low, double High, int Count)
{
    /// <summary>Sorts <paramref name="values"/>. Percentile q is the value at place ceil(q n), counted from 1; nothing gives not-a-number.</summary>
    public static Distribution Of(Span<double> values)
    {
        if (values.Length == 0)
            return new Distribution(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, 0);
        values.Sort();
        double sum = 0;
        foreach (double value in values)
            sum += value;
        double mean = sum / values.Length;
        return new Distribution(mean, At(values, 0.5), At(values, 0.9), At(values, 0.99), mean, mean, values.Length);
    }

    private static double At(ReadOnlySpan<double> sorted, double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
}
