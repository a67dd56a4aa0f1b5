using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>What products of experts can choose from; not fitted. From <c>data/calibration/operators.yaml</c>.</summary>
/// <param name="TileRows">Rows of a tile, ascending.</param>
/// <param name="TileColumns">Columns of a tile, ascending.</param>
/// <param name="PowerRamp">Ideal time at which half of the slow-down under load has come, s.</param>
/// <param name="TilesFromMean">
/// The library takes the rows of a tile from the mean tokens an expert, this many steps of the list around it; -1 where it takes the fastest.
/// </param>
public sealed record ExpertStructure(ImmutableArray<int> TileRows, ImmutableArray<int> TileColumns, double PowerRamp, int TilesFromMean = -1);
