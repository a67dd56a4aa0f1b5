using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Equal gaps.</summary>
public sealed class EvenArrivals : ArrivalProcess
{
    public override string Name => "even";

    public override string Meaning => "equal gaps";

    public override double NextGap(ref RandomStream random, double now) => 1;
}
