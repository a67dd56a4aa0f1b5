using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>
/// Shortest ways over links that are left, split evenly at every fork: chips pass messages on. Looks at the scale-up domains of the two ends and
/// the network between them; inside a domain takes the network only where nothing else is left.
/// </summary>
internal sealed class Detour(FabricGraph graph)
{
    // A node is a chip, or a switch of a level: (level, number of its domain). The network counts as one switch.
    private readonly Dictionary<(int Level, int Number), int> _distance = [];
    private readonly Dictionary<(int Level, int Number), double> _share = [];
    private readonly List<(int Level, int Number)> _order = [];
    private readonly List<((int Level, int Number) Node, int Link)> _next = [];
    private int _here;
    private int _there;
    private bool _staysInside;

    private const int Chip = -1;

    /// <summary>From chip to chip; false where they are cut off.</summary>
    public bool Find(int from, int to, Route route)
    {
        _here = from / graph.DomainChips;
        _there = to / graph.DomainChips;
        _staysInside = _here == _there && graph.Network > 0;
        if (_staysInside && Fill((Chip, from), (Chip, to), route))
            return true;
        _staysInside = false;
        return Fill((Chip, from), (Chip, to), route);
    }

    /// <summary>From a chip to the network or from the network to a chip.</summary>
    public bool FindHalf(int chip, bool isOut, Route route)
    {
        _here = _there = chip / graph.DomainChips;
        _staysInside = false;
        (int, int) core = (graph.Network, 0);
        return isOut ? Fill((Chip, chip), core, route) : Fill(core, (Chip, chip), route);
    }

    private bool Fill((int Level, int Number) from, (int Level, int Number) to, Route route)
    {
        route.Clear();
        route.IsDetour = true;
        if (!Measure(from, to))
            return false;
        _share.Clear();
        _order.Clear();
        _order.Add(from);
        _share[from] = 1;
        int[] hops = new int[graph.Levels.Length];
        double longest = 0;
        for (int index = 0; index < _order.Count; index++)
        {
            (int Level, int Number) node = _order[index];
            if (node == to)
                continue;
            Leave(node);
            int forks = 0;
            foreach (((int Level, int Number) next, int _) in _next)
                forks += IsCloser(node, next) ? 1 : 0;
            double share = _share[node] / forks;
            foreach (((int Level, int Number) next, int link) in _next)
            {
                if (!IsCloser(node, next))
                    continue;
                route.Add(link, share);
                int crossed = graph.LevelOf(link);
                route.Level = Math.Max(route.Level, crossed);
                if (!_share.TryGetValue(next, out double already))
                    _order.Add(next);
                _share[next] = already + share;
            }
        }

        // Every chip that passes the message on costs its hop: count links of one of the equal ways.
        (int Level, int Number) at = from;
        while (at != to)
        {
            Leave(at);
            foreach (((int Level, int Number) next, int link) in _next)
            {
                if (!IsCloser(at, next))
                    continue;
                FabricLevel crossed = graph.Levels[graph.LevelOf(link)];
                if (!crossed.IsSwitched || at.Level == Chip)
                    hops[crossed.Index]++;
                at = next;
                break;
            }
        }

        for (int crossed = 0; crossed < hops.Length; crossed++)
            longest += hops[crossed] * graph.Levels[crossed].Latency;
        route.Latency = longest;
        return true;
    }

    private bool IsCloser((int Level, int Number) node, (int Level, int Number) next) =>
        _distance.TryGetValue(next, out int distance) && distance == _distance[node] - 1;

    /// <summary>Distances of all nodes that matter to the end; false where the start is not among them.</summary>
    private bool Measure((int Level, int Number) from, (int Level, int Number) to)
    {
        _distance.Clear();
        _order.Clear();
        _order.Add(to);
        _distance[to] = 0;
        for (int index = 0; index < _order.Count; index++)
        {
            (int Level, int Number) node = _order[index];
            if (node == from)
                return true;
            Enter(node);
            int distance = _distance[node] + 1;
            foreach (((int Level, int Number) before, int _) in _next)
            {
                if (_distance.TryAdd(before, distance))
                    _order.Add(before);
            }
        }

        return false;
    }

    /// <summary>Nodes one link after a node.</summary>
    private void Leave((int Level, int Number) node)
    {
        _next.Clear();
        foreach (FabricLevel level in graph.Levels)
        {
            if (level.IsOfRanks || (_staysInside && level.Index == graph.Network))
                continue;
            if (node.Level == Chip)
            {
                if (level.IsSwitched)
                    Keep((level.Index, SwitchOf(level, node.Number)), level.Up(node.Number));
                for (int port = 0; !level.IsSwitched && port < level.Ports; port++)
                {
                    if (level.Neighbour(node.Number, port) is >= 0 and int chip && IsNear(chip))
                        Keep((Chip, chip), level.FirstLink + (node.Number * level.Ports) + port);
                }
            }
            else if (node.Level == level.Index)
            {
                foreach (int chip in Members(level, node.Number))
                    Keep((Chip, chip), level.Down(chip));
            }
        }

        void Keep((int, int) next, int link)
        {
            if (graph.IsAlive(link))
                _next.Add((next, link));
        }
    }

    /// <summary>Nodes one link before a node.</summary>
    private void Enter((int Level, int Number) node)
    {
        _next.Clear();
        foreach (FabricLevel level in graph.Levels)
        {
            if (level.IsOfRanks || (_staysInside && level.Index == graph.Network))
                continue;
            if (node.Level == Chip)
            {
                if (level.IsSwitched)
                    Keep((level.Index, SwitchOf(level, node.Number)), level.Down(node.Number));
                for (int port = 0; !level.IsSwitched && port < level.Ports; port++)
                {
                    int chip = level.Neighbour(node.Number, port);
                    if (chip < 0 || !IsNear(chip))
                        continue;
                    for (int back = 0; back < level.Ports; back++)
                    {
                        if (level.Neighbour(chip, back) == node.Number)
                            Keep((Chip, chip), level.FirstLink + (chip * level.Ports) + back);
                    }
                }
            }
            else if (node.Level == level.Index)
            {
                foreach (int chip in Members(level, node.Number))
                    Keep((Chip, chip), level.Up(chip));
            }
        }

        void Keep((int, int) before, int link)
        {
            if (graph.IsAlive(link))
                _next.Add((before, link));
        }
    }

    private int SwitchOf(FabricLevel level, int chip) => level.Index == graph.Network ? 0 : level.DomainOf(chip);

    private bool IsNear(int chip) =>
        !graph.Levels[graph.Network].IsSwitched || chip / graph.DomainChips == _here || chip / graph.DomainChips == _there;

    private IEnumerable<int> Members(FabricLevel level, int number)
    {
        if (level.Index != graph.Network)
        {
            for (int chip = number * level.Domain; chip < (number + 1) * level.Domain; chip++)
                yield return chip;
            yield break;
        }

        for (int chip = _here * graph.DomainChips; chip < (_here + 1) * graph.DomainChips; chip++)
            yield return chip;
        for (int chip = _there * graph.DomainChips; _there != _here && chip < (_there + 1) * graph.DomainChips; chip++)
            yield return chip;
    }
}
