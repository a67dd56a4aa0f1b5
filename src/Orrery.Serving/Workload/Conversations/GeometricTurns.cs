using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>After every answer the conversation ends with the same chance, <c>1/mean</c>: most are short, few are long.</summary>
public sealed class GeometricTurns(double mean) : TurnCount
{
    public static ShapeKind<TurnCount> Kind { get; } = new(
        "geometric",
        "each answer is the last with the same chance: many short conversations, few long ones",
        [new("mean", QuantityKind.Number, 1, Most, "mean turns of a conversation")],
        static values => new GeometricTurns(values[0]));

    public override int Next(ref RandomStream random)
    {
        // Inverse of the chance of no more than n turns, 1 - (1 - 1/mean)^n.
        double turns = mean <= 1 ? 1 : Math.Ceiling(-random.NextExponential() / Math.Log(1 - (1 / mean)));
        return (int)Math.Clamp(turns, 1, 100 * Most);
    }
}
