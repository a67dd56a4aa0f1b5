using Orrery.Catalog;

namespace Orrery.Fabric;

/// <content>How a message finds its way.</content>
public sealed partial class FabricGraph
{
    private Detour? _detour;

    /// <summary>
    /// The way from one rank to another: over the level at which they part, inner levels first where that level joins only chips at the same place. Around
    /// links that are gone, the shortest ways that are left, evenly. False where no way is left.
    /// </summary>
    public bool FindRoute(int from, int to, Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        route.Clear();
        if (from == to)
            return true;
        int meeting = MeetingLevel(from, to);
        bool shortest = _levels[meeting].Description.Routing == Routing.Shortest && !_levels[meeting].IsSwitched;
        if (!shortest)
        {
            Cross(meeting, _levels[meeting].IsOfRanks ? from : from / RanksPerChip, _levels[meeting].IsOfRanks ? to : to / RanksPerChip, 1, route);
            if (!HasFaults || AllAlive(route))
                return true;
        }

        if (_levels[meeting].IsOfRanks)
            return false;
        _detour ??= new Detour(this);
        return _detour.Find(from / RanksPerChip, to / RanksPerChip, route);
    }

    /// <summary>
    /// The way from a chip out into the network, or from the network in to a chip, for traffic whose other end is any chip of another domain: its own port or, where that is gone, by
    /// the nearest chips that have one.
    /// </summary>
    internal bool FindHalf(int chip, bool isOut, Route route)
    {
        route.Clear();
        FabricLevel network = _levels[Network];
        int link = isOut ? network.Up(chip) : network.Down(chip);
        route.Level = Network;
        route.Latency = network.Latency;
        if (!HasFaults || IsAlive(link))
        {
            route.Add(link, 1);
            return true;
        }

        _detour ??= new Detour(this);
        return _detour.FindHalf(chip, isOut, route);
    }

    /// <summary>The port of a rank into the switches of a level, out and in; false where it is gone or the level has none.</summary>
    internal bool FindPort(int rank, int level, Route route)
    {
        route.Clear();
        FabricLevel of = _levels[level];
        if (!of.IsSwitched)
            return false;
        int member = of.IsOfRanks ? rank : rank / RanksPerChip;
        route.Level = level;
        route.Latency = of.Latency;
        route.Add(of.Up(member), 1);
        route.Add(of.Down(member), 1);
        return !HasFaults || AllAlive(route);
    }

    internal bool IsAlive(int link) => !_scales.TryGetValue(link, out double scale) || scale > 0;

    private bool AllAlive(Route route)
    {
        foreach (int link in route.Links)
        {
            if (!IsAlive(link))
                return false;
        }

        return true;
    }

    /// <summary>Adds the links from one member of a level to another, which part at it.</summary>
    private void Cross(int index, int from, int to, double share, Route route)
    {
        FabricLevel level = _levels[index];
        route.Level = Math.Max(route.Level, index);
        if (level.IsSwitched)
        {
            route.Latency = Math.Max(route.Latency, level.Latency);
            route.Add(level.Up(from), share);
            Climb(level, from, to, share, route);
            route.Add(level.Down(to), share);
            return;
        }

        // A direct level joins members at one place of their children: take that place first.
        int place = (from / level.Stride * level.Stride) + (to % level.Stride);
        double hops = 0;
        if (place != from)
        {
            int inner = index - 1;
            while (_levels[inner].ChildOf(from) == _levels[inner].ChildOf(place))
                inner--;
            Cross(inner, from, place, share, route);
        }

        if (level.Kind == TopologyKind.FullMesh)
        {
            route.Add(level.MeshLink(place, level.ChildOf(to)), share);
            hops = 1;
        }
        else
        {
            int at = place;
            for (int side = 0; side < level.Sides.Length; side++)
                hops += Walk(level, ref at, to, side, share, route);
        }

        // The latency of a level is that of a whole message across it, on rings and tori of one hop.
        route.Latency = Math.Max(route.Latency, level.Latency) + ((hops - 1) * level.Latency);
    }

    /// <summary>Goes along one side of a torus by the shorter way, by both where they are equal. Returns the number of links.</summary>
    private static int Walk(FabricLevel level, ref int at, int to, int side, double share, Route route)
    {
        int length = level.Sides[side];
        int here = level.Coordinate(at, side), there = level.Coordinate(to, side);
        if (here == there)
            return 0;
        int up = (there - here + length) % length, down = length - up;
        if (!level.Wraps[side])
            (up, down) = there > here ? (up, int.MaxValue) : (int.MaxValue, down);
        int step = level.Stride;
        for (int before = 0; before < side; before++)
            step *= level.Sides[before];
        int origin = at - (here * step);
        bool both = up == down && length > 2;
        if (up <= down)
        {
            for (int hop = 0; hop < up; hop++)
                route.Add(level.TorusLink(origin + ((here + hop) % length * step), side, isUp: true), both ? share / 2 : share);
        }

        if (down < up || both)
        {
            for (int hop = 0; hop < down; hop++)
                route.Add(level.TorusLink(origin + ((here - hop + length) % length * step), side, isUp: false), both ? share / 2 : share);
        }

        at = origin + (there * step);
        return Math.Min(up, down);
    }

    /// <summary>Adds the uplinks and downlinks between the switches of two chips.</summary>
    private static void Climb(FabricLevel level, int from, int to, double share, Route route)
    {
        int height = 0;
        while (height < level.Tiers.Length && level.Tiers[height].GroupOf(from, level.Stride) != level.Tiers[height].GroupOf(to, level.Stride))
        {
            FabricTier tier = level.Tiers[height];
            route.Add(tier.Up(tier.GroupOf(from, level.Stride), PathOf(tier, from, to, height)), share);
            height++;
        }

        while (--height >= 0)
        {
            FabricTier tier = level.Tiers[height];
            route.Add(tier.Down(tier.GroupOf(to, level.Stride), PathOf(tier, from, to, height)), share);
        }
    }

    /// <summary>The equal path of a pair of ends: a hash, the same in every run.</summary>
    private static int PathOf(FabricTier tier, int from, int to, int height)
    {
        if (tier.Paths == 1)
            return 0;
        ulong hash = ((ulong)(uint)from << 32) | (uint)to;
        hash = (hash ^ (hash >> 30) ^ (ulong)height) * 0xBF58476D1CE4E5B9;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EB;
        return (int)((hash ^ (hash >> 31)) % (ulong)tier.Paths);
    }
}
