using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Lengths k from the shortest to the longest with a chance that falls as <c>k^-exponent</c>.</summary>
/// <remarks>
/// Method: W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete distributions", ACM TOMACS 6(3), 1996: invert the
/// integral of x^-s, round, and take the length where the point lies under its own bar. Needs about 1.1 draws.
/// </remarks>
public sealed class ZipfLengths(double exponent, double shortest) : LengthSpread
{
    public static ShapeKind<LengthSpread> Kind { get; } = new(
        "zipf",
        "a chance that falls with a power of the length",
        [
            new("exponent", QuantityKind.Number, 0.01, 5, "power by which the chance of a length falls"),
            new("shortest", QuantityKind.Number, 1e-6, 1, "shortest length as a share of the longest"),
        ],
        static values => new ZipfLengths(values[0], values[1]));

    public override int Least(int most) => Math.Max(1, (int)(most * shortest));

    public override int Next(ref RandomStream random, int most)
    {
        int least = Least(most);
        double low = Integral(least + 0.5) - Chance(least);
        double high = Integral(most + 0.5);
        while (true)
        {
            double place = low + (random.NextDouble() * (high - low));
            int length = Math.Clamp((int)Math.Round(Inverse(place)), least, most);
            if (place >= Integral(length + 0.5) - Chance(length))
                return length;
        }
    }

    private double Chance(double length) => Math.Pow(length, -exponent);

    private double Integral(double length) => exponent == 1 ? Math.Log(length) : Math.Pow(length, 1 - exponent) / (1 - exponent);

    private double Inverse(double place) => exponent == 1 ? Math.Exp(place) : Math.Pow(place * (1 - exponent), 1 / (1 - exponent));
}
