using System.Collections.Immutable;

namespace Orrery.Catalog;

/// <summary>Constants that hold only for the releases of a stack whose name fits <paramref name="Pattern"/>.</summary>
public sealed record ReleaseConstants(string Pattern, ImmutableSortedDictionary<string, ConstantReading> Constants);
