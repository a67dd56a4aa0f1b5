using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// The ports of a group at each level of a system: who meets where, at what rate one member can send, what a step costs. Compiled once for a
/// system; merges levels for algorithms that see several as one.
/// </summary>
internal sealed class LevelPorts
{
    private readonly SystemDescription _system;
    private readonly CommunicationLibrary _library;
    private readonly ProtocolTable? _protocols;
    private readonly double _networkShare;
    private readonly int _chipLevel;

    public LevelPorts(SystemDescription system, CommunicationLibrary library, ProtocolTable? protocols, double networkShare)
    {
        _system = system;
        _library = library;
        _protocols = protocols;
        _networkShare = networkShare;
        _chipLevel = system.Levels[0].Name == RankGroups.ChipLevel ? 0 : -1;
        Network = system.Levels.Length - 1;
    }

    /// <summary>Level of the scale-out network: the outermost.</summary>
    public int Network { get; }

    public LibraryScope ScopeOf(int level) => level == Network ? _library.ScaleOut : _library.ScaleUp;

    /// <summary>
    /// Rate of one member's port into the level as it is made: the chip's port over the ranks that share it. Bounds are computed on this.
    /// </summary>
    public BytesPerSecond Rated(RankGroup group, int level)
    {
        LevelDescription description = _system.Levels[level];
        int sharers = Math.Max(1, group.Concurrent[level]) * OnChip(group);
        return description.BandwidthPerChip.Value / (sharers * Math.Max(1, description.Oversubscription));
    }

    /// <summary>Members of the group on each of its chips.</summary>
    public int OnChip(RankGroup group) => _chipLevel < 0 ? 1 : group.Fanout[_chipLevel];

    /// <summary>
    /// Ports seen, for data of <paramref name="format"/>, by an algorithm that works on levels <paramref name="from"/> to <paramref name="to"/> at once; the members below
    /// <paramref name="from"/> work in parallel, each on its own part of the data.
    /// </summary>
    public GroupPorts Merge(RankGroup group, int from, int to, NumberFormat format)
    {
        int ranks = 1;
        for (int level = from; level <= to; level++)
            ranks *= group.Fanout[level];
        ranks = Math.Min(ranks, group.Size);
        double neighbour = double.PositiveInfinity, direct = double.PositiveInfinity, around = 0, along = 0, across = 0, far = 0, perMessage = 0;
        bool inSwitch = true, isTorus = false;
        int inside = 1;
        int spanned = 0;
        int last = from;
        for (int level = from; level <= to; level++)
        {
            int fanout = group.Fanout[level];
            if (fanout <= 1)
                continue;
            LevelDescription description = _system.Levels[level];
            LibraryScope scope = ScopeOf(level);
            double share = level == Network ? _networkShare : scope.Share.Value;
            double rate = Rated(group, level).Value * share;
            double step = description.Latency.Value.Value + scope.Step.Value.Value;
            (double links, double hops) = Geometry(description, fanout);
            neighbour = Math.Min(neighbour, inside * rate * links);

            // Of what a member sends to the n - 1 others, the part for those outside its own domain of `inside` passes this port.
            double beyond = (double)(ranks - inside) / (ranks - 1);
            direct = Math.Min(direct, rate * (description.Topology == TopologyKind.FullMesh ? links : 1) / (Math.Max(beyond, 1e-12) * hops));
            int edges = Math.Max(1, (ranks / inside) - (ranks / (inside * fanout)));
            around += edges * step;
            along += Steps(description, fanout) * step;
            isTorus |= !description.Dimensions.IsEmpty;
            across += Math.Ceiling(Math.Log2(fanout)) * step;
            far = Math.Max(far, step * Math.Ceiling(hops));
            perMessage = Math.Max(perMessage, scope.PerMessage.Value.Value);
            inSwitch &= description.ReducesInSwitch;
            inside *= fanout;
            spanned++;
            last = level;
        }

        bool fitted = spanned == 1 && last != Network && _system.Levels[last].Topology == TopologyKind.Switch && last != _chipLevel;
        return new GroupPorts
        {
            Ranks = ranks,
            Neighbour = new BytesPerSecond(neighbour),
            Direct = new BytesPerSecond(direct),
            Around = new Seconds(around),
            Along = new Seconds(isTorus ? along : 0),
            Across = new Seconds(across),
            Far = new Seconds(far),
            PerMessage = new Seconds(perMessage),
            ReducesInSwitch = spanned > 0 && inSwitch && ranks >= _library.SwitchFrom && _library.SwitchAdds.Contains(format),
            OnChip = from <= _chipLevel ? OnChip(group) : 1,
            Rated = fitted ? _system.Levels[last].BandwidthPerChip.Value : default,
            Protocols = fitted ? _protocols : null,
        };
    }

    /// <summary>
    /// Share of a chip's links into the level that lead to members of a group of <paramref name="members"/> neighbours, and the mean number of
    /// links between two of them. Groups fill the sides of a torus one after the other; a side filled wholly closes into a ring and gives both
    /// its links, one filled in part gives one.
    /// </summary>
    public static (double Links, double Hops) Geometry(LevelDescription level, int members)
    {
        switch (level.Topology)
        {
            case TopologyKind.FullMesh:
                return level.Size > 1 ? (Math.Min(1, (members - 1.0) / (level.Size - 1)), 1) : (1, 1);
            case TopologyKind.Ring:
                return level.Size > 2 ? Sides([level.Size], [], level.LinksPerChip, members) : (1, 1);
            case TopologyKind.Torus2D:
            case TopologyKind.Torus3D:
                return level.Dimensions.IsEmpty ? (1, 1) : Sides(level.Dimensions.AsSpan(), level.OpenSides.AsSpan(), level.LinksPerChip, members);
            default:
                return (1, 1);
        }
    }

    /// <summary>
    /// Steps in which a piece reaches all of <paramref name="members"/> neighbours when passed both ways along one side after the other: half of a ring, the
    /// whole of a line. Where there are no sides, one member after the other.
    /// </summary>
    public static int Steps(LevelDescription level, int members)
    {
        if (level.Dimensions.IsEmpty)
            return members - 1;
        int steps = 0;
        int left = members;
        for (int at = 0; at < level.Dimensions.Length && left > 1; at++)
        {
            int taken = Math.Min(level.Dimensions[at], left);
            steps += IsClosed(level.Dimensions[at], taken, level.OpenSides.AsSpan(), at) ? taken / 2 : taken - 1;
            left = (left + taken - 1) / taken;
        }

        return steps;
    }

    /// <summary>A side of two is one link, and a side filled in part a line.</summary>
    private static bool IsClosed(int side, int taken, ReadOnlySpan<bool> open, int at) => taken == side && side > 2 && (open.IsEmpty || !open[at]);

    private static (double Links, double Hops) Sides(ReadOnlySpan<int> sides, ReadOnlySpan<bool> open, int linksPerChip, int members)
    {
        int links = 0, used = 0;
        double distance = 0;
        int left = members;
        for (int at = 0; at < sides.Length; at++)
        {
            // A side of two is one link, not a ring of two.
            int side = sides[at];
            links += side > 2 ? 2 : side - 1;
            int taken = Math.Min(side, left);
            if (taken > 1)
            {
                bool closed = IsClosed(side, taken, open, at);
                used += closed ? 2 : 1;

                // Mean distance to a random member, itself included: a ring of k is k/4 (even) wide, a line of k about k/3.
                distance += closed ? RingDistance(side) : ((taken * taken) - 1.0) / (3.0 * taken);
            }

            left = (left + taken - 1) / Math.Max(1, taken);
        }

        // A slice leaves links of its chips unused.
        links = Math.Max(links, linksPerChip);
        double others = distance * members / Math.Max(1, members - 1);
        return (links == 0 ? 1 : (double)used / links, Math.Max(1, others));
    }

    /// <summary>Mean of the shorter way round between two of <paramref name="side"/> members, a member and itself included.</summary>
    private static double RingDistance(int side) => side % 2 == 0 ? side / 4.0 : ((side * side) - 1) / (4.0 * side);
}
