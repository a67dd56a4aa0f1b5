using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>All-reduce kernels that an engine has beside the communication library of the chip: by constants measured of them.</summary>
/// <param name="Library">Software that was measured, as <c>data/calibration/collectives/LIBRARY.CHIP.yaml</c> calls it.</param>
/// <param name="Families">Families of chips it is taken on.</param>
/// <param name="MostRanks">Ranks of the largest group it is used in.</param>
/// <param name="UpTo">Largest message in bytes; the next entry, or the chip's library, takes larger ones.</param>
public sealed record ReducingKernel(string Library, ImmutableArray<string> Families, double UpTo, int MostRanks);
