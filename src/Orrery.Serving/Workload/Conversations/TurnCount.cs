using System.Collections.Immutable;
using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>How many turns made-up conversations have. One class a law; <see cref="All"/> lists them.</summary>
public abstract class TurnCount
{
    /// <summary>Most turns that a conversation can be asked to have.</summary>
    protected const double Most = 10_000;

    /// <summary>Every law there is; a bare number is of the first.</summary>
    public static ImmutableArray<ShapeKind<TurnCount>> All { get; } = [FixedTurns.Kind, GeometricTurns.Kind];

    /// <summary>Turns of one conversation, at least 1.</summary>
    public abstract int Next(ref RandomStream random);
}
