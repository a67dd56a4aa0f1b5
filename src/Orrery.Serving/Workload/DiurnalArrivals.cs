using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>A day squeezed into twenty thousand mean gaps: the rate swings by 0.7 of its mean as a sine. Thinning of a faster Poisson process.</summary>
/// <remarks>Method: P. A. W. Lewis and G. S. Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", Naval Research Logistics 26(3), 1979.</remarks>
public sealed class DiurnalArrivals : ArrivalProcess
{
    private const double Day = 20_000;
    private const double Swing = 0.7;

    public override string Name => "diurnal";

    public override string Meaning => "a day in twenty thousand requests: the rate swings by 0.7 of its mean";

    public override double NextGap(ref RandomStream random, double now)
    {
        double time = now;
        while (true)
        {
            time += random.NextExponential() / (1 + Swing);
            double rate = 1 + (Swing * Math.Sin(2 * Math.PI * time / Day));
            if (random.NextDouble() * (1 + Swing) < rate)
                return time - now;
        }
    }
}
