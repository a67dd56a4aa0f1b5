using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>Where the members of a group are on a graph: which child of each level, counted from a base. Members are numbered innermost level first.</summary>
internal sealed class GroupPlace
{
    private readonly FabricGraph _graph;
    private readonly int[] _units;

    /// <summary>A group that lies as <paramref name="group"/> says, its children on each level <paramref name="steps"/> apart (1 where null).</summary>
    public GroupPlace(FabricGraph graph, RankGroup group, ReadOnlySpan<int> steps = default)
    {
        _graph = graph;
        Fanout = group.Fanout;
        Size = group.Size;
        int levels = graph.Levels.Length;
        _units = new int[levels];
        Steps = new int[levels];
        double product = 1;
        for (int level = 0; level < levels; level++)
        {
            FabricLevel one = graph.Levels[level];
            _units[level] = one.IsOfRanks ? 1 : one.Stride * graph.RanksPerChip;
            int fits = Math.Max(1, one.Size / Math.Max(1, Fanout[level]));
            Steps[level] = steps.IsEmpty ? 1 : Math.Clamp(steps[level], 1, level == graph.Network ? Math.Max(1, steps[level]) : fits);
            product *= Fanout[level];
        }

        IsPartial = Size < product;
        Concurrent = Math.Max(1, group.Concurrent.IsDefaultOrEmpty ? 1 : group.Concurrent[0]);
        OnChip = graph.Levels[0].IsOfRanks ? Fanout[0] : 1;
    }

    /// <summary>Members by level.</summary>
    public ImmutableArray<int> Fanout { get; }

    /// <summary>Children of a level from one member's to the next.</summary>
    public int[] Steps { get; }

    public int Size { get; }

    /// <summary>Groups on each chip that do the same at the same time.</summary>
    public int Concurrent { get; }

    /// <summary>Members on each chip.</summary>
    public int OnChip { get; }

    /// <summary>True where the last domain has fewer members than the others.</summary>
    public bool IsPartial { get; }

    /// <summary>Ranks from one member to the next along a level.</summary>
    public int Stride(int level) => _units[level] * Steps[level];

    /// <summary>The rank of the member that number <paramref name="index"/> has, counted from rank 0.</summary>
    public int Rank(int index)
    {
        int rank = 0;
        for (int level = 0; level < Fanout.Length; level++)
        {
            rank += index % Fanout[level] * Stride(level);
            index /= Fanout[level];
        }

        return rank;
    }

    /// <summary>
    /// The ranks that take part on levels <paramref name="from"/> to <paramref name="to"/> together with the group of the rank <paramref name="one"/>: first the rank at which all
    /// of them begin, or -1 where that member is not in the group.
    /// </summary>
    /// <param name="index">Number in the group of the first of them.</param>
    public int Origin(int one, int from, int to, out int index)
    {
        int origin = 0;
        index = 0;
        int place = 1;
        for (int level = 0; level < Fanout.Length; level++)
        {
            FabricLevel of = _graph.Levels[level];
            int child = of.IsOfRanks ? one % of.Size : of.ChildOf(one / _graph.RanksPerChip);
            int mine = Math.Min(child / Steps[level] % Math.Max(1, Fanout[level]), Fanout[level] - 1);
            int first = child - (mine * Steps[level]);
            bool taken = level >= from && level <= to;
            origin += (taken ? first : child) * _units[level];
            index += (taken ? 0 : mine) * place;
            place *= Fanout[level];
        }

        return index < Size ? origin : -1;
    }

    /// <summary>Members of the domain, below <paramref name="level"/>, that holds the member of this number.</summary>
    public int Inside(int index, int level)
    {
        int inside = 1;
        for (int inner = 0; inner < level; inner++)
            inside *= Fanout[inner];
        return Math.Min(inside, Size - (index / inside * inside));
    }
}
