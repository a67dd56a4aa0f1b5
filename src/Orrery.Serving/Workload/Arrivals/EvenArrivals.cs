using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Equal gaps.</summary>
public sealed class EvenArrivals : ArrivalProcess
{
    public static ShapeKind<ArrivalProcess> Kind { get; } = new("even", "equal gaps", [], static _ => new EvenArrivals());

    public override double NextGap(ref RandomStream random, double now, double rate) => 1;
}
