using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Independent requests: exponential gaps.</summary>
public sealed class PoissonArrivals : ArrivalProcess
{
    public static ShapeKind<ArrivalProcess> Kind { get; } = new("poisson", "independent requests: exponential gaps", [], static _ => new PoissonArrivals());

    public override double NextGap(ref RandomStream random, double now, double rate) => random.NextExponential();
}
