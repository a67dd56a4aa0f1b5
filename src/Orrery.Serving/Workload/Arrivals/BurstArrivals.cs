using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// Independent requests whose rate changes between two: bursts of <c>size</c> requests on average at <c>peak</c> times the mean rate, which hold
/// <c>share</c> of all requests, and a quiet rate between them that makes the mean.
/// </summary>
/// <remarks>In mean gaps a burst lasts <c>size / peak</c> and begins every <c>size / share</c>; the quiet rate is <c>(1 - share) / (1 - share / peak)</c>.</remarks>
public sealed class BurstArrivals(double size, double peak, double share) : ArrivalProcess
{
    private readonly double period = size / share;
    private readonly double burst = size / peak;
    private readonly double quiet = (1 - share) / (1 - (share / peak));

    public static ShapeKind<ArrivalProcess> Kind { get; } = new(
        "bursts",
        "bursts of requests, and few between them",
        [
            new("size", QuantityKind.Number, 1, 1e6, "mean requests of a burst"),
            new("peak", QuantityKind.Number, 1.01, 1e4, "rate in a burst over the mean rate"),
            new("share", QuantityKind.Number, 0.01, 1, "share of all requests that come in bursts"),
        ],
        static values => new BurstArrivals(values[0], values[1], values[2]));

    public override double NextGap(ref RandomStream random, double now, double rate)
    {
        double work = random.NextExponential();
        double time = now;
        // The rate is constant between the edges of a period, so the work is spent piece by piece.
        while (true)
        {
            double phase = time % period;
            bool isLoud = phase < burst;
            double pace = isLoud ? peak : quiet;
            double edge = (isLoud ? burst : period) - phase;
            if (work <= pace * edge)
                return time + (work / pace) - now;
            work -= pace * edge;
            // A step too small to leave the edge would be taken for ever.
            time = Math.Max(time + edge, Math.BitIncrement(time));
        }
    }
}
