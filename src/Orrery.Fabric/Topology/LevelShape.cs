using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>
/// How a number of neighbours lie on one level, and how crowded its busiest link is under each pattern of transfers. Neighbours fill the sides of a torus one after the
/// other; a side filled wholly closes into a ring, one filled in part is a line.
/// </summary>
/// <remarks>
/// Loads are the bytes on the busiest link of a port times the number of links, so that (load x bytes / rate of the port) is the time: 1 where a switch port carries
/// the bytes once.
/// </remarks>
internal sealed class LevelShape
{
    private readonly LevelDescription _level;
    private readonly int[] _sides;
    private readonly bool[] _closed;
    private readonly int[] _whole;
    private readonly bool[] _wraps;
    private readonly double _links;
    private ImmutableArray<ExchangeDigit> _digits;
    private double _exchangeLoad = -1;
    private double _directLoad = -1;

    /// <summary>The shape of <paramref name="members"/> neighbours on <paramref name="level"/>.</summary>
    public LevelShape(LevelDescription level, int members)
    {
        _level = level;
        Members = members;
        IsSwitched = level.Topology is TopologyKind.Switch or TopologyKind.Clos;
        ImmutableArray<int> all = level.Topology == TopologyKind.Ring && level.Size > 2 ? [level.Size] : level.Dimensions;
        IsTorus = level.Topology is TopologyKind.Ring or TopologyKind.Torus2D or TopologyKind.Torus3D && !all.IsDefaultOrEmpty;
        if (!IsTorus)
        {
            _sides = [members];
            _closed = [false];
            _whole = _sides;
            _wraps = _closed;
            _links = IsSwitched ? 1 : Math.Max(1, level.Size - 1);
            return;
        }

        List<int> sides = [];
        List<int> whole = [];
        List<bool> closed = [], wraps = [];
        int left = members, links = 0;
        for (int at = 0; at < all.Length; at++)
        {
            links += FabricLevel.LinksOf(all[at]);
            int taken = Math.Min(all[at], left);
            if (taken > 1)
            {
                sides.Add(taken);
                whole.Add(all[at]);
                wraps.Add(all[at] > 2 && (level.OpenSides.IsEmpty || !level.OpenSides[at]));

                // A side of two is one link, and a side filled in part a line.
                closed.Add(taken == all[at] && wraps[^1]);
            }

            left = (left + taken - 1) / Math.Max(1, taken);
        }

        _sides = [.. sides];
        _closed = [.. closed];
        _whole = [.. whole];
        _wraps = [.. wraps];

        // A slice leaves links of its chips unused.
        _links = Math.Max(1, Math.Max(links, level.LinksPerChip));
    }

    public int Members { get; }

    public bool IsSwitched { get; }

    public bool IsTorus { get; }

    /// <summary>Sides of the torus that are in use; the members alone elsewhere.</summary>
    public ReadOnlySpan<int> Sides => _sides;

    /// <summary>Which of them close into rings.</summary>
    public ReadOnlySpan<bool> Closed => _closed;

    /// <summary>Load of rings that use all links alike; <paramref name="isOutermost"/> where the rings close over this level.</summary>
    public double RingLoad(bool isOutermost)
    {
        double hops = isOutermost ? 1 : (Members - 1.0) / Members;
        if (IsSwitched)
            return hops;
        return IsTorus ? _links * RingOrders.Of(this, isOutermost).Load : hops * _links / RingOrders.Strides(Members).Length;
    }

    /// <summary>Load of one ring, one way or both.</summary>
    public double OneRingLoad(bool isBothWays) => IsSwitched ? 1 : isBothWays && (!IsTorus || _closed.Length != 1 || _closed[0]) ? Math.Max(1.0, _links / 2) : _links;

    /// <summary>Load of rings along all sides, each member sending (n - 1) / n of a vector in all.</summary>
    public double SidesLoad()
    {
        if (!IsTorus)
            return (Members - 1.0) / Members * (IsSwitched ? 1 : _links);
        double links = 0, volume = 1;
        for (int side = 0; side < _sides.Length; side++)
        {
            links += _closed[side] ? 2 : 1;
            volume *= _sides[side];
        }

        return (volume - 1) / volume * _links / links;
    }

    /// <summary>Load of messages from each domain to each other, over the bytes of one.</summary>
    public double DirectLoad()
    {
        if (IsSwitched)
            return Members - 1;
        if (!IsTorus)
            return _links;
        if (_directLoad >= 0)
            return _directLoad;
        double box = 1, worst = 0;
        foreach (int side in _sides)
            box *= side;
        for (int side = 0; side < _sides.Length; side++)
        {
            // Each line of this side carries the pairs of its own places once for every pair of places on the others.
            int t = _sides[side];
            double[] up = new double[_whole[side]], down = new double[_whole[side]];
            for (int from = 0; from < t; from++)
            {
                for (int to = 0; to < t; to++)
                    Walk(from, to, side, 1, up, down);
            }

            worst = Math.Max(worst, box / t * Math.Max(up.Max(), down.Max()));
        }

        return _directLoad = _links * worst;
    }

    /// <summary>Load of messages from all other domains to one, or from one to all others, over the bytes of one. Sides are gone along in order.</summary>
    public double RootLoad(bool isOut)
    {
        if (IsSwitched)
            return Members - 1;
        if (!IsTorus)
            return _links;
        double beside = 1, worst = 0;
        for (int at = 0; at < _sides.Length; at++)
        {
            int side = isOut ? _sides.Length - 1 - at : at;
            double[] up = new double[_whole[side]], down = new double[_whole[side]];
            for (int other = 1; other < _sides[side]; other++)
                Walk(isOut ? 0 : other, isOut ? other : 0, side, beside, up, down);
            worst = Math.Max(worst, Math.Max(up.Max(), down.Max()));
            beside *= _sides[side];
        }

        return _links * worst;
    }

    /// <summary>Load of one edge of two binary trees over the members, where each has links of its own.</summary>
    public double TreeLoad(bool isThereAndBack)
    {
        if (IsTorus || IsSwitched)
            return _links;
        double[] edges = new double[Members * Members];
        for (int tree = 0; tree < 2; tree++)
        {
            // One way, the first member hands its half to the root of the second tree, which joins all others.
            int joined = Members - (isThereAndBack ? 0 : tree);
            for (int member = 1; member < joined; member++)
            {
                int parent = BinaryTree.Parent(member, joined);
                edges[((parent + tree) % Members * Members) + ((member + tree) % Members)]++;
            }
        }

        if (!isThereAndBack)
            edges[1]++;

        // Up one tree and down the other may be the same link.
        double back = isThereAndBack ? 1 : 0;
        double worst = 0;
        for (int from = 0; from < Members; from++)
        {
            for (int to = 0; to < from; to++)
            {
                double down = edges[(from * Members) + to], up = edges[(to * Members) + from];
                worst = Math.Max(worst, Math.Max(down + (back * up), up + (back * down)));
            }
        }

        return _links * worst;
    }

    /// <summary>Load of a message to a neighbour.</summary>
    public double PairLoad() => _links;

    /// <summary>Load of exchanges at growing distance, over the vector that a member starts with.</summary>
    public double ExchangeLoad()
    {
        if (_exchangeLoad >= 0)
            return _exchangeLoad;
        if (IsSwitched)
            return _exchangeLoad = (Members - 1.0) / Members;
        double worst = 0;
        for (int side = 0; side < _sides.Length; side++)
        {
            int t = _sides[side];
            double[] up = new double[_whole[side]], down = new double[_whole[side]];
            foreach (ExchangeDigit digit in Exchanges())
            {
                if (digit.Side != side)
                    continue;
                for (int at = 0; at < t; at++)
                {
                    for (int turn = 1; turn < digit.Radix; turn++)
                    {
                        int to = digit.Partner(at, turn);
                        if (IsTorus)
                            Walk(at, to, side, digit.Share, up, down);
                        else
                            worst = Math.Max(worst, digit.Share);
                    }
                }
            }

            worst = Math.Max(worst, Math.Max(up.Max(), down.Max()));
        }

        return _exchangeLoad = _links * worst;
    }

    /// <summary>
    /// The exchanges in order. On a torus parts of the data take them in other orders, so that all links are busy: what one exchange carries over all parts is its share of
    /// the vector for each partner.
    /// </summary>
    public ImmutableArray<ExchangeDigit> Exchanges()
    {
        if (!_digits.IsDefault)
            return _digits;
        List<(int Side, int Distance, int Radix, bool Gray)> found = [];
        for (int side = 0; side < _sides.Length; side++)
        {
            // A ring of four is a square: its two pairs of opposite sides are one exchange each, all with neighbours.
            bool gray = IsTorus && _closed[side] && _sides[side] == 4;
            int distance = 1;
            for (int rest = _sides[side]; rest > 1;)
            {
                int prime = Prime(rest);
                found.Add((side, distance, prime, gray));
                distance *= prime;
                rest /= prime;
            }
        }

        ImmutableArray<ExchangeDigit>.Builder digits = ImmutableArray.CreateBuilder<ExchangeDigit>(found.Count);
        for (int index = 0; index < found.Count; index++)
        {
            double share = 0;
            int parts = IsTorus ? found.Count : 1;
            for (int part = 0; part < parts; part++)
            {
                double left = 1.0 / parts;
                for (int stage = part; stage % found.Count != index; stage++)
                    left /= found[stage % found.Count].Radix;
                share += left / found[index].Radix;
            }

            (int side, int distance, int radix, bool gray) = found[index];
            digits.Add(new ExchangeDigit(side, distance, radix, gray, share));
        }

        return _digits = digits.ToImmutable();
    }

    /// <summary>Links between the two members farthest apart.</summary>
    public int Diameter()
    {
        if (!IsTorus)
            return 1;
        int hops = 0;
        for (int side = 0; side < _sides.Length; side++)
            hops += _closed[side] ? _sides[side] / 2 : _sides[side] - 1;
        return Math.Max(1, hops);
    }

    /// <summary>
    /// Steps in which a piece reaches all members when passed both ways along one side after the other: half of a ring, the whole of a line. Where there are no sides, one
    /// member after the other.
    /// </summary>
    public int Steps() => IsTorus ? Diameter() : Members - 1;

    /// <summary>Links that the last hop of a ring over this level has beyond one: a line is walked back.</summary>
    public int WayBack() => IsTorus && !_closed[^1] ? (ComesRound(_sides.Length - 1) ? _whole[^1] - _sides[^1] : _sides[^1] - 2) : 0;

    /// <summary>Part of the last hop of a line that goes back over its links: all, none where the way round outside is shorter, half where both are as long.</summary>
    public double Back(int side) => ComesRound(side) ? 0 : _wraps[side] && _whole[side] - _sides[side] + 1 == _sides[side] - 1 ? 0.5 : 1;

    /// <summary>True where the last hop of a line takes the shorter way round, over chips outside.</summary>
    public bool ComesRound(int side) => _wraps[side] && _whole[side] - _sides[side] + 1 < _sides[side] - 1;

    /// <summary>Links of all exchanges one after the other.</summary>
    public int ExchangeHops()
    {
        int hops = 0;
        foreach (ExchangeDigit digit in Exchanges())
            hops += IsTorus ? digit.Hops(_sides[digit.Side], _closed[digit.Side]) : 1;
        return hops;
    }

    /// <summary>Messages of all exchanges.</summary>
    public int ExchangeMessages()
    {
        int messages = 0;
        foreach (ExchangeDigit digit in Exchanges())
            messages += digit.Radix - 1;
        return messages;
    }

    /// <summary>Puts a message on the links of one line: the shorter way round, both where they are as long.</summary>
    private void Walk(int from, int to, int side, double bytes, double[] up, double[] down)
    {
        int length = _whole[side];
        int ahead = (to - from + length) % length, back = length - ahead;
        if (ahead == 0)
            return;
        if (!_wraps[side])
            (ahead, back) = to > from ? (ahead, int.MaxValue) : (int.MaxValue, back);
        double part = ahead == back ? bytes / 2 : bytes;
        for (int hop = 0; ahead <= back && hop < ahead; hop++)
            up[(from + hop) % length] += part;
        for (int hop = 0; back <= ahead && hop < back; hop++)
            down[(from - hop + length) % length] += part;
    }

    private static int Prime(int number)
    {
        for (int prime = 2; prime * prime <= number; prime++)
        {
            if (number % prime == 0)
                return prime;
        }

        return number;
    }
}
