using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>
/// How a group of ranks lies on a system's levels: <c>Fanout[l]</c> members of the group meet at level l below one member of it.
/// A TP group of 8 on four-rank chips of one server is [4, 2, 1]. The product is the group's size.
/// </summary>
/// <param name="Fanout">Per level of the system, innermost first (level 0 joins the ranks of a chip when a chip has several).</param>
/// <param name="Concurrent">Per level, how many sibling groups share one chip's port into that level at the same time.</param>
public sealed record RankGroup(ImmutableArray<int> Fanout, ImmutableArray<int> Concurrent)
{
    /// <summary>Ranks in the group.</summary>
    public int Size
    {
        get
        {
            int size = 1;
            foreach (int f in Fanout)
                size *= f;
            return size;
        }
    }
}
