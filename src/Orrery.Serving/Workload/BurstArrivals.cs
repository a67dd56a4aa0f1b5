using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Independent requests at half the mean rate, with bursts at four and a half times it: an eighth of the time, every thousand mean gaps.</summary>
public sealed class BurstArrivals : ArrivalProcess
{
    private const double Period = 1000;
    private const double Share = 0.125;
    private const double Quiet = 0.5;

    /// <summary>So that the mean over a period is 1.</summary>
    private const double Loud = (1 - (Quiet * (1 - Share))) / Share;

    public override string Name => "bursts";

    public override string Meaning => "half the rate, with bursts of 4.5 times it an eighth of the time";

    public override double NextGap(ref RandomStream random, double now)
    {
        double work = random.NextExponential();
        double time = now;
        // The rate is constant between the edges of a period, so the work is spent piece by piece.
        while (true)
        {
            double phase = time % Period;
            bool isLoud = phase < Period * Share;
            double rate = isLoud ? Loud : Quiet;
            double edge = (isLoud ? Period * Share : Period) - phase;
            if (work <= rate * edge)
                return time + (work / rate) - now;
            work -= rate * edge;
            time += edge;
        }
    }
}
