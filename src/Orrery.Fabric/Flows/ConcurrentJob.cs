using Orrery.Operators;

namespace Orrery.Fabric;

/// <summary>One collective among several on the same machine at the same time.</summary>
/// <param name="Name">For reports.</param>
/// <param name="Collective">What it does.</param>
/// <param name="Group">How its group lies.</param>
/// <param name="First">A rank whose group it is.</param>
/// <param name="Repeats">True where it starts again whenever it ends, until all others have ended.</param>
public sealed record ConcurrentJob(string Name, Collective Collective, RankGroup Group, int First = 0, bool Repeats = false)
{
    /// <summary>Children of each level from one member's to the next; 1 where empty.</summary>
    public IReadOnlyList<int> Steps { get; init; } = [];
}
