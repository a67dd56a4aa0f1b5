using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>Every spread of lengths there is; the first is taken when none is asked for.</summary>
public static class LengthSpreads
{
    public static ImmutableArray<ShapeKind<LengthSpread>> All { get; } = [FixedLengths.Kind, UniformLengths.Kind, LognormalLengths.Kind, ZipfLengths.Kind];
}
