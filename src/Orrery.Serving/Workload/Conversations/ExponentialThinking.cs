using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Exponential pauses: people who think independently of one another and of how long they have thought.</summary>
public sealed class ExponentialThinking(double mean) : ThinkTime
{
    public static ShapeKind<ThinkTime> Kind { get; } = new(
        "exponential", "many short pauses, few long ones", [new("mean", QuantityKind.Duration, 0, Most, "mean pause")], static values => new ExponentialThinking(values[0]));

    public override double Next(ref RandomStream random) => mean * random.NextExponential();
}
