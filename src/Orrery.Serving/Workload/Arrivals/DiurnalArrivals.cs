using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// A rate that swings about its mean as a sine, beginning at the mean and rising: <c>1 + a sin(2 pi t / period)</c> with <c>a = (peak - 1) / (peak + 1)</c>,
/// so that the busiest rate is <c>peak</c> times the quietest. Thinning of a faster Poisson process.
/// </summary>
/// <remarks>Method: P. A. W. Lewis and G. S. Shedler, "Simulation of nonhomogeneous Poisson processes by thinning", Naval Research Logistics 26(3), 1979.</remarks>
public sealed class DiurnalArrivals(double period, double peak) : ArrivalProcess
{
    private readonly double swing = (peak - 1) / (peak + 1);

    public static ShapeKind<ArrivalProcess> Kind { get; } = new(
        "diurnal",
        "a rate that swings as over a day",
        [
            new("period", QuantityKind.Duration, 1e-3, 366 * 86400, "time from one busiest hour to the next"),
            new("peak", QuantityKind.Number, 1, 1000, "busiest rate over the quietest"),
        ],
        static values => new DiurnalArrivals(values[0], values[1]));

    public override double Period => period;

    public override double NextGap(ref RandomStream random, double now, double rate)
    {
        double turn = 2 * Math.PI / (period * rate);
        double time = now;
        while (true)
        {
            time += random.NextExponential() / (1 + swing);
            if (random.NextDouble() * (1 + swing) < 1 + (swing * Math.Sin(turn * time)))
                return time - now;
        }
    }
}
