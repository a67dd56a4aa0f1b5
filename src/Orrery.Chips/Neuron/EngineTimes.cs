namespace Orrery.Chips.Neuron;

/// <summary>
/// Seconds that one operator keeps each engine of a rank busy. Engines run asynchronously, so the operator lasts as long as the busiest, a little
/// more where two are close: <c>(sum t^p)^(1/p)</c>.
/// </summary>
/// <param name="Tensor">Tensor engine at its sustained rate.</param>
/// <param name="Vector">Vector engine.</param>
/// <param name="Scalar">Scalar engine.</param>
/// <param name="Memory">DMA engines and device memory.</param>
public readonly record struct EngineTimes(double Tensor, double Vector, double Scalar, double Memory)
{
    /// <summary>Adds work that either the vector or the scalar engine can do, shared so that both end together where that is possible.</summary>
    /// <param name="onVector">Seconds if the vector engine does it all.</param>
    /// <param name="onScalar">Seconds if the scalar engine does it all.</param>
    public EngineTimes WithEither(double onVector, double onScalar)
    {
        double both = onVector + onScalar;
        if (both <= 0)
            return this;
        double vectorShare = Math.Clamp((Scalar + onScalar - Vector) / both, 0, 1);
        return this with { Vector = Vector + (vectorShare * onVector), Scalar = Scalar + ((1 - vectorShare) * onScalar) };
    }

    /// <summary>How long the operator lasts, s.</summary>
    public double Last(double exponent)
    {
        double longest = Math.Max(Math.Max(Tensor, Vector), Math.Max(Scalar, Memory));
        if (!(longest > 0))
            return 0;
        double sum = Power(Tensor / longest, exponent) + Power(Vector / longest, exponent)
            + Power(Scalar / longest, exponent) + Power(Memory / longest, exponent);
        return longest * Math.Pow(sum, 1 / exponent);
    }

    private static double Power(double ratio, double exponent) => ratio switch
    {
        1 => 1,
        <= 0 => 0,
        _ => Math.Exp(exponent * Math.Log(ratio)),
    };
}
