using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>A format of cached keys and values that attention reads no faster than a wider one: room is saved, time is not.</summary>
/// <param name="Families">Families of chips, or chips.</param>
/// <param name="Cache">As it lies in memory.</param>
/// <param name="ReadAs">Whose bytes its time is that of.</param>
public sealed record SlowCache(ImmutableArray<string> Families, NumberFormat Cache, NumberFormat ReadAs);
