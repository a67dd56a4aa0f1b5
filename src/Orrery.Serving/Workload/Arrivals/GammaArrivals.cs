using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Gamma gaps of mean 1 and shape <c>1/cv^2</c>: clumps where they vary more than those of independent requests, evener where they vary less.</summary>
/// <remarks>Method: G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000, with their step for shapes below 1.</remarks>
/// <param name="variation">Standard deviation of a gap over its mean.</param>
public sealed class GammaArrivals(double variation) : ArrivalProcess
{
    private readonly double shape = 1 / (variation * variation);

    public static ShapeKind<ArrivalProcess> Kind { get; } = new(
        "gamma",
        "clumps: gaps vary more than those of independent requests, whose cv is 1; evener below it",
        [new("cv", QuantityKind.Number, 0.1, 20, "standard deviation of a gap over its mean")],
        static values => new GammaArrivals(values[0]));

    public override double NextGap(ref RandomStream random, double now, double rate)
    {
        double d = shape + 1 - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double normal = random.NextNormal();
            double v = 1 + (c * normal);
            if (v <= 0)
                continue;
            v = v * v * v;
            double uniform = 1 - random.NextDouble();
            if (Math.Log(uniform) < (normal * normal / 2) + d - (d * v) + (d * Math.Log(v)))
                return d * v * Math.Pow(1 - random.NextDouble(), 1 / shape) / shape;
        }
    }
}
