using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>What latent decode kernels can choose from; not fitted. From <c>data/calibration/operators.yaml</c>.</summary>
/// <param name="Splits">Parts into which the cache of a sequence may be cut, ascending from 1.</param>
/// <param name="Tile">Tokens a block takes at a time.</param>
/// <param name="Heads">Query heads that one block holds; fewer are padded to it.</param>
/// <param name="HasNarrowCache">Whether an 8-bit cache has a kernel of its own.</param>
public sealed record LatentDecodeStructure(ImmutableArray<int> Splits, int Tile, int Heads, bool HasNarrowCache);
