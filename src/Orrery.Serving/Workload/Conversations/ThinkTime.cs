using System.Collections.Immutable;
using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>How long a person takes from an answer to their next prompt. One class a law; <see cref="All"/> lists them.</summary>
public abstract class ThinkTime
{
    /// <summary>Longest that can be asked for, in seconds.</summary>
    protected const double Most = 7 * 86_400;

    /// <summary>Every law there is; a bare duration is of the first.</summary>
    public static ImmutableArray<ShapeKind<ThinkTime>> All { get; } = [ExponentialThinking.Kind, EvenThinking.Kind];

    /// <summary>Seconds of one pause.</summary>
    public abstract double Next(ref RandomStream random);
}
