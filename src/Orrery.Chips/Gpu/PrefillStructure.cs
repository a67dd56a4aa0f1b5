using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>What fused attention kernels share on every chip; not fitted. From <c>data/calibration/operators.yaml</c>.</summary>
/// <param name="Tiles">Queries (and keys) of one tile of the score matrix, the kernel taking the faster.</param>
/// <param name="KeyStep">Keys are rounded up to this where they are fewer than a tile.</param>
/// <param name="NarrowHead">Head dimension up to which the matrix rate is full.</param>
/// <param name="BackwardProducts">Matrix work of the gradient over the forward pass.</param>
/// <param name="CachedShare">Share of the traffic of the passes that still costs memory time where their data stay in the last-level cache.</param>
public sealed record PrefillStructure(ImmutableArray<int> Tiles, int KeyStep, int NarrowHead, double BackwardProducts, double CachedShare);
