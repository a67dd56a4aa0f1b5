using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>Which latent decode kernel a family has.</summary>
/// <param name="Families">Chip families; empty is any.</param>
/// <param name="IsSplit">Whether the cache of a sequence may be cut over several blocks.</param>
/// <param name="HasNarrowCache">Whether an 8-bit cache has a kernel of its own; without, it is read as 16-bit.</param>
public sealed record LatentDecodeRule(ImmutableArray<string> Families, bool IsSplit, bool HasNarrowCache);
