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
/// <param name="OnlyPowersOfTwo">The line is for groups of a power of two of ranks, whose members stand on the corners of a hypercube.</param>
public sealed record AlgorithmChoice(Bytes Below, int UpToRanks, ImmutableArray<CollectiveAlgorithm> Algorithms, bool OnlyPowersOfTwo = false)
{
    /// <summary>True where the line is for messages of <paramref name="size"/> in groups of <paramref name="ranks"/>.</summary>
    public bool Fits(Bytes size, int ranks) => size < Below && ranks <= UpToRanks && (!OnlyPowersOfTwo || int.IsPow2(ranks));
}
