using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Gamma gaps of shape 1/4: requests in clumps, with a coefficient of variation of 2.</summary>
/// <remarks>Method: G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000, with their step for shapes below 1.</remarks>
public sealed class GammaArrivals : ArrivalProcess
{
    private const double Shape = 0.25;

    public override string Name => "gamma";

    public override string Meaning => "clumps: gaps vary twice as much as with independent requests";

    public override double NextGap(ref RandomStream random, double now)
    {
        double d = Shape + 1 - (1.0 / 3);
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
                return d * v * Math.Pow(1 - random.NextDouble(), 1 / Shape) / Shape;
        }
    }
}
