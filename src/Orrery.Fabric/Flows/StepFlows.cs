using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>
/// Lays the transfers of a step on the links of a graph: for the members of a group on some levels, who sends how many bytes to whom under each pattern. Rings, exchanges and
/// sides follow the shape of each level as the formulas do.
/// </summary>
internal sealed class StepFlows(FabricGraph graph, LevelPorts ports)
{
    /// <summary>Most messages of one exchange among all; beyond, a few members stand for all where switches make all alike.</summary>
    public const long MostMessages = 5_000_000;

    private const int MostHops = 400_000;
    private const int MostUnfolded = 20_000;

    private readonly List<Digit> _digits = [];
    private GroupPlace _place = null!;
    private FlowSet _set = null!;
    private int _origin;
    private int _index;
    private int _from;
    private int _to;
    private int _members;
    private double _share;
    private bool _whole;
    private int[] _ring = [];

    /// <summary>
    /// Adds the flows of a step to <paramref name="sets"/>: one set for each part that follows the one before. False where no way is left for some of them.
    /// </summary>
    /// <param name="phase">Which levels, how many members.</param>
    /// <param name="one">A rank whose group it is.</param>
    public bool Add(in CollectiveStep step, in PlannedPhase phase, GroupPlace place, int one, List<FlowSet> sets)
    {
        _place = place;
        _from = phase.From;
        _to = phase.To;
        _share = step.Share;
        _whole = true;
        _origin = place.Origin(one, _from, _to, out _index);
        if (_origin < 0)
            return true;
        FindDigits();
        if (_members <= 1 || step.Bytes <= 0)
            return true;
        _set = Set(sets, 0);
        switch (step.Pattern)
        {
            case TransferPattern.Rings or TransferPattern.PairedRings:
                Rings(step.Bytes, all: true, bothWays: _digits.Exists(static digit => digit.Shape.IsTorus));
                break;
            case TransferPattern.OneRing:
                Rings(step.Bytes, all: false, bothWays: false);
                break;
            case TransferPattern.BothWays:
                Rings(step.Bytes, all: false, bothWays: true);
                break;
            case TransferPattern.Sides:
                Sides(step.Bytes);
                break;
            case TransferPattern.Exchange:
                Exchange(step.Bytes * phase.Ports.Ranks / (phase.Ports.Ranks - 1.0), sets);
                break;
            case TransferPattern.Direct:
                Direct(step.Bytes / (_members - 1));
                break;
            case TransferPattern.Trees:
                Trees(_members == 2 || !step.ThereAndBack ? step.Bytes / 2 : step.Bytes / 4, step.ThereAndBack);
                break;
            case TransferPattern.Switch:
                Switch(step.Bytes);
                break;
            case TransferPattern.Root:
                for (int member = 1; member < _members; member++)
                    Send(step.FromRoot ? 0 : member, step.FromRoot ? member : 0, step.Bytes);
                break;
            default:
                Send(0, 1, step.Bytes);
                break;
        }

        return _whole;
    }

    private FlowSet Set(List<FlowSet> sets, int index)
    {
        while (sets.Count <= index)
            sets.Add(new FlowSet(graph));
        return sets[index];
    }

    /// <summary>Lists the places in which members differ, sides of a torus apart, and counts the members.</summary>
    private void FindDigits()
    {
        _digits.Clear();
        _members = 1;
        for (int level = _from; level <= _to; level++)
        {
            int fanout = _place.Fanout[level];
            if (fanout <= 1)
                continue;
            LevelShape shape = ports.Shape(level, fanout);
            int stride = _place.Stride(level), first = _members;
            for (int side = 0; side < shape.Sides.Length; side++)
            {
                _digits.Add(new Digit(level, side, shape.Sides[side], stride, first, shape.IsTorus && shape.Closed[side], shape));
                stride *= shape.Sides[side];
                first *= shape.Sides[side];
            }

            _members *= fanout;
        }

        // The members of a part-filled last domain are fewer: those whose number is below the size of the group.
        if (_place.IsPartial)
        {
            int low = 0, high = _members;
            while (low < high)
            {
                int middle = (low + high + 1) / 2;
                if (IsMember(middle - 1))
                    low = middle;
                else
                    high = middle - 1;
            }

            _members = low;
        }
    }

    private bool IsMember(int member) => Number(member) < _place.Size;

    /// <summary>Number in the group of a member of the part.</summary>
    private int Number(int member)
    {
        int number = _index, below = 1;
        for (int level = 0; level < _place.Fanout.Length; level++)
        {
            if (level >= _from && level <= _to)
            {
                number += member % _place.Fanout[level] * below;
                member /= _place.Fanout[level];
            }

            below *= _place.Fanout[level];
        }

        return number;
    }

    private int Rank(int member)
    {
        int rank = _origin;
        for (int level = _from; level <= _to; level++)
        {
            rank += member % _place.Fanout[level] * _place.Stride(level);
            member /= _place.Fanout[level];
        }

        return rank;
    }

    private void Send(int from, int to, double bytes)
    {
        if (from == to || from >= _members || to >= _members || bytes <= 0)
            return;
        int start = Rank(from), end = Rank(to);
        int level = graph.MeetingLevel(start, end);
        double share = _share > 0 ? _share : ports.ShareOf(level);
        bool onChip = start / graph.RanksPerChip == end / graph.RanksPerChip;

        // Ranks of a chip that do the same in groups of their own, and the other members below this part, share its ports.
        int sharers = onChip ? 1 : _place.Concurrent * (_from > 0 ? _place.OnChip : 1);
        if (_place.IsPartial && _from > 0)
        {
            int here = _place.Inside(Number(from), _from), there = _place.Inside(Number(to), _from), full = _place.Inside(0, _from);
            bytes *= (double)full / Math.Max(1, Math.Min(here, there));
        }

        _whole &= _set.Add(start, end, bytes, 1 / Math.Clamp(share, 1e-6, 1), sharers);
    }

    private void Rings(double bytes, bool all, bool bothWays)
    {
        int variants = 1;
        int turns = 1;
        bool first = true;
        for (int level = _from; all && level <= _to; level++)
        {
            if (_place.Fanout[level] <= 1)
                continue;
            LevelShape shape = ports.Shape(level, _place.Fanout[level]);
            variants = Math.Max(variants, Variants(shape, level));
            foreach (Digit digit in _digits)
            {
                // Ranks of a chip leave by the chip's ports, whichever is last; the outermost side need not be turned.
                bool outermost = digit.First == _digits[^1].First;
                if (digit.Level == level && !(graph.Levels[level].IsOfRanks && first) && (!outermost || shape.Sides.Length > 1) && CanTurn(digit))
                    turns *= digit.Count;
            }

            first = false;
        }

        int hops = _members * variants * (bothWays ? 2 : 1);
        turns = Math.Max(1, Math.Min(turns, MostHops / Math.Max(1, hops)));
        double each = bytes / ((double)variants * turns * (bothWays ? 2 : 1));
        if (_ring.Length < _members)
            _ring = new int[_members];
        for (int variant = 0; variant < variants; variant++)
        {
            for (int turn = 0; turn < turns; turn++)
            {
                Order(variant, turn);
                for (int hop = 0; hop < _members; hop++)
                {
                    int here = _ring[hop], next = _ring[(hop + 1) % _members];
                    Send(here, next, each);
                    if (bothWays)
                        Send(next, here, each);
                }
            }
        }
    }

    /// <summary>Sides of switches and closed sides of tori may start anywhere; on a mesh of coprime strides all starts are alike.</summary>
    private static bool CanTurn(in Digit digit) => !digit.Shape.IsTorus || digit.IsClosed;

    private int Variants(LevelShape shape, int level) => shape.IsTorus
        ? RingOrders.Of(shape, level == Outermost()).Orders.Length
        : shape.IsSwitched ? 1 : RingOrders.Strides(shape.Members).Length;

    private int Outermost() => _digits[^1].Level;

    /// <summary>
    /// Fills the ring of one variant: each side is walked to and fro inside the next, so that hops between domains join members at the same place.
    /// </summary>
    private void Order(int variant, int turn)
    {
        Span<int> nest = stackalloc int[_digits.Count];
        Span<int> starts = stackalloc int[_digits.Count];
        Span<int> strides = stackalloc int[_digits.Count];
        int count = 0, left = turn;
        for (int at = 0; at < _digits.Count;)
        {
            int sides = 1;
            while (at + sides < _digits.Count && _digits[at + sides].Level == _digits[at].Level)
                sides++;
            LevelShape shape = _digits[at].Shape;
            int firstSide = shape.IsTorus ? RingOrders.Of(shape, _digits[at].Level == Outermost()).Orders is var orders ? orders[variant % orders.Length] : 0 : 0;
            int stride = shape.IsTorus || shape.IsSwitched ? 1 : RingOrders.Strides(shape.Members) is var known ? known[variant % known.Length] : 1;
            for (int side = 0; side < sides; side++)
            {
                int digit = at + ((firstSide + side) % sides);
                nest[count] = digit;
                strides[count] = stride;
                if (CanTurn(_digits[digit]))
                {
                    if (count == 0 && graph.Levels[_digits[digit].Level].IsOfRanks)
                    {
                        starts[count] = turn % _digits[digit].Count;
                    }
                    else
                    {
                        starts[count] = left % _digits[digit].Count;
                        left /= _digits[digit].Count;
                    }
                }

                count++;
            }

            at += sides;
        }

        int filled = 0;
        int whole = 1;
        foreach (Digit digit in _digits)
            whole *= digit.Count;
        for (int number = 0; number < whole; number++)
        {
            // To and fro: a digit counts down where the number of the domain outside it is odd.
            int member = 0, rest = number;
            for (int at = 0; at < count; at++)
            {
                Digit digit = _digits[nest[at]];
                int value = rest % digit.Count;
                rest /= digit.Count;
                if ((rest & 1) == 1)
                    value = digit.Count - 1 - value;
                member += (starts[at] + (value * strides[at])) % digit.Count * digit.First;
            }

            if (member < _members)
                _ring[filled++] = member;
        }

        // A torus filled in part has members beyond its box.
        for (int member = whole; member < _members; member++)
            _ring[filled++] = member;
    }

    private void Sides(double bytes)
    {
        double vector = bytes * _members / (_members - 1.0);
        foreach (Digit digit in _digits)
        {
            double data = vector / digit.Inside(_digits);
            double load = (digit.Count - 1.0) / digit.Count;
            if (digit.Shape.IsTorus)
            {
                // Parts are sized so that all links of the torus carry the same.
                double links = 0, box = 1;
                for (int side = 0; side < digit.Shape.Sides.Length; side++)
                {
                    links += digit.Shape.Closed[side] ? 2 : 1;
                    box *= digit.Shape.Sides[side];
                }

                load = (box - 1) / box * (digit.IsClosed ? 2 : 1) / links;
            }

            for (int member = 0; member < _members; member++)
            {
                int at = member / digit.First % digit.Count;
                int next = member + ((((at + 1) % digit.Count) - at) * digit.First);
                Send(member, next, data * load / (digit.IsClosed ? 2 : 1));
                if (digit.IsClosed)
                    Send(next, member, data * load / 2);
            }
        }
    }

    private void Exchange(double vector, List<FlowSet> sets)
    {
        int set = 0;
        int level = -1;
        foreach (Digit digit in _digits)
        {
            if (digit.Level != level && level >= 0)
                _set = Set(sets, ++set);
            level = digit.Level;
            double data = vector / digit.Inside(_digits);
            foreach (ExchangeDigit exchange in digit.Shape.Exchanges())
            {
                if (exchange.Side != digit.Side)
                    continue;
                if (digit.Shape.IsSwitched && (long)_members * (exchange.Radix - 1) > MostUnfolded)
                {
                    foreach (int member in Standing())
                    {
                        int at = member / digit.First % digit.Count;
                        for (int turn = 1; turn < exchange.Radix; turn++)
                        {
                            int other = member + ((exchange.Partner(at, turn) - at) * digit.First);
                            Send(member, other, data * exchange.Share);
                            Send(other, member, data * exchange.Share);
                        }
                    }

                    continue;
                }

                for (int member = 0; member < _members; member++)
                {
                    int at = member / digit.First % digit.Count;
                    for (int turn = 1; turn < exchange.Radix; turn++)
                        Send(member, member + ((exchange.Partner(at, turn) - at) * digit.First), data * exchange.Share);
                }
            }
        }
    }

    private void Direct(double each)
    {
        if ((long)_members * _members <= MostMessages)
        {
            for (int from = 0; from < _members; from++)
            {
                for (int to = 0; to < _members; to++)
                    Send(from, to, each);
            }

            return;
        }

        // Behind switches every port carries the same: those of the first chip, and of chips with faults, stand for all.
        foreach (int member in Standing())
        {
            for (int other = 0; other < _members; other++)
            {
                Send(member, other, each);
                Send(other, member, each);
            }
        }
    }

    private SortedSet<int> Standing()
    {
        SortedSet<int> standing = [];
        for (int member = 0; member < Math.Min(_members, _from == 0 ? graph.RanksPerChip : 1); member++)
            standing.Add(member);

        // Of a group whose last domain is filled in part, the last member carries most.
        standing.Add(_members - 1);
        if (graph.HasFaults)
        {
            for (int member = 0; member < _members; member++)
            {
                if (graph.FaultyChips.Contains(Rank(member) / graph.RanksPerChip))
                    standing.Add(member);
            }
        }

        return standing;
    }

    /// <summary>Two binary trees, the second moved on by one. One way, the first member hands its half to the root of the second, which joins all others.</summary>
    private void Trees(double each, bool thereAndBack)
    {
        if (!thereAndBack)
            Send(0, 1, each);
        for (int tree = 0; tree < 2; tree++)
        {
            // One way, the second tree joins all but the first member.
            int joined = _members - (thereAndBack ? 0 : tree);
            for (int member = 1; member < joined; member++)
            {
                int child = (member + tree) % _members, above = (BinaryTree.Parent(member, joined) + tree) % _members;
                Send(above, child, each);
                if (thereAndBack)
                    Send(child, above, each);
            }
        }
    }

    private void Switch(double bytes)
    {
        for (int level = _from; level <= _to; level++)
        {
            if (_place.Fanout[level] <= 1)
                continue;
            int inside = 1;
            for (int inner = _from; inner < level; inner++)
                inside *= _place.Fanout[inner];
            double share = _share > 0 ? _share : ports.ShareOf(level);
            for (int member = 0; member < _members; member++)
                _whole &= _set.AddPort(Rank(member), level, bytes / inside, 1 / Math.Clamp(share, 1e-6, 1), _place.Concurrent * (_from > 0 ? _place.OnChip : 1));
        }
    }

    /// <summary>One place in which members differ.</summary>
    /// <param name="First">Members from one to the next along it.</param>
    private readonly record struct Digit(int Level, int Side, int Count, int Stride, int First, bool IsClosed, LevelShape Shape)
    {
        /// <summary>Members of the part below the level of this digit.</summary>
        public double Inside(List<Digit> digits)
        {
            foreach (Digit digit in digits)
            {
                if (digit.Level == Level)
                    return digit.First;
            }

            return 1;
        }
    }
}
