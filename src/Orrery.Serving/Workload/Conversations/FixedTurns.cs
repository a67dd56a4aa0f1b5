using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>As many turns in every conversation.</summary>
public sealed class FixedTurns(int count) : TurnCount
{
    public static ShapeKind<TurnCount> Kind { get; } = new(
        "fixed", "as many turns in every conversation", [new("count", QuantityKind.Number, 1, Most, "turns")], static values => new FixedTurns((int)values[0]));

    public override int Next(ref RandomStream random) => count;
}
