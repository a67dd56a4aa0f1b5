using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>Products of experts for which a library takes the tile height from the mean tokens an expert.</summary>
/// <param name="Families">Chip families; empty is any.</param>
/// <param name="Formats">Number formats as calibration files call them; empty is any.</param>
/// <param name="TilesFromMean">Steps of the list of tile heights around the mean that are tried.</param>
/// <param name="TileColumns">Columns of its tiles; empty is those of all others.</param>
public sealed record ExpertRule(ImmutableArray<string> Families, ImmutableArray<string> Formats, int TilesFromMean, ImmutableArray<int> TileColumns);
