using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>What a family of matrix-product kernels can choose from; the same for every chip, not fitted. From <c>data/calibration/operators.yaml</c>.</summary>
/// <param name="Tiles">Rows and columns of the output that one block computes.</param>
/// <param name="Splits">Into how many blocks the depth may be cut, ascending from 1.</param>
/// <param name="DepthStep">Elements of depth a block loads at a time; its depth is rounded up to whole steps.</param>
/// <param name="PowerRamp">Ideal time at which half of the clock reduction under load is reached, in s.</param>
/// <param name="CachedShare">Share of the traffic that still costs memory time when operands stay in the last-level cache.</param>
public sealed record GemmStructure(
    ImmutableArray<(int Rows, int Columns)> Tiles, ImmutableArray<int> Splits, int DepthStep, double PowerRamp, double CachedShare);
