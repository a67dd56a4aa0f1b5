using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>The same pause after every answer: programs that call on.</summary>
public sealed class EvenThinking(double time) : ThinkTime
{
    public static ShapeKind<ThinkTime> Kind { get; } = new(
        "even", "the same pause after every answer, as programs make", [new("time", QuantityKind.Duration, 0, Most, "the pause")], static values => new EvenThinking(values[0]));

    public override double Next(ref RandomStream random) => time;
}
