using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Independent requests: exponential gaps.</summary>
public sealed class PoissonArrivals : ArrivalProcess
{
    public override string Name => "poisson";

    public override string Meaning => "independent requests";

    public override double NextGap(ref RandomStream random, double now) => random.NextExponential();
}
