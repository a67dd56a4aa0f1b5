using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// One line of a library's rule: for messages below <paramref name="Below"/> in groups of at most <paramref name="UpToRanks"/>, the fastest of
/// <paramref name="Algorithms"/> that can do the operation. Lines are tried in order.
/// </summary>
/// <param name="Below">Exclusive; infinite where the line has no limit.</param>
/// <param name="UpToRanks">Inclusive; <see cref="int.MaxValue"/> where the line has no limit.</param>
/// <param name="Algorithms">Never empty.</param>
public sealed record AlgorithmChoice(Bytes Below, int UpToRanks, ImmutableArray<CollectiveAlgorithm> Algorithms);
