using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>
/// How a group of ranks lies on a system's levels: <c>Fanout[l]</c> members of the group meet at level l below one member of it.
/// A TP group of 8 on four-rank chips of one server is [4, 2, 1]. Equal groups are equal values: groups that lie alike cost alike.
/// </summary>
/// <param name="Fanout">
/// Per level of the system, innermost first (level 0 joins the ranks of a chip when a chip has several). Where a group lies unevenly, the
/// members of its smallest part and the number of such parts that hold the group: the smallest part is what limits every algorithm.
/// </param>
/// <param name="Concurrent">Per level, how many sibling groups share one chip's port into that level at the same time.</param>
public sealed record RankGroup(ImmutableArray<int> Fanout, ImmutableArray<int> Concurrent)
{
    private int _size;

    /// <summary>Ranks in the group: the product of the fan-outs, or fewer where the group lies unevenly.</summary>
    public int Size
    {
        get
        {
            if (_size == 0)
                _size = Product(Fanout);
            return _size;
        }
        init => _size = value;
    }

    /// <summary>Members in the last of the outermost domains where the others are full and it is not; 0 elsewhere.</summary>
    public int LastPart { get; init; }

    /// <summary>A group of one rank on a system of <paramref name="levels"/> levels.</summary>
    public static RankGroup Single(int levels)
    {
        int[] ones = new int[levels];
        Array.Fill(ones, 1);
        ImmutableArray<int> fanout = ImmutableArray.Create(ones);
        return new RankGroup(fanout, fanout);
    }

    public bool Equals(RankGroup? other) => other is not null
        && (ReferenceEquals(this, other)
            || (Size == other.Size && LastPart == other.LastPart && Fanout.AsSpan().SequenceEqual(other.Fanout.AsSpan()) && Concurrent.AsSpan().SequenceEqual(other.Concurrent.AsSpan())));

    public override int GetHashCode()
    {
        // A plain polynomial: must not differ between runs, as HashCode does.
        int hash = Size;
        foreach (int f in Fanout)
            hash = unchecked((hash * 31) + f);
        foreach (int c in Concurrent)
            hash = unchecked((hash * 31) + c);
        return hash;
    }

    private static int Product(ImmutableArray<int> factors)
    {
        int product = 1;
        foreach (int factor in factors)
            product *= factor;
        return product;
    }
}
