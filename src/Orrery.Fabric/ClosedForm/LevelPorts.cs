using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// The ports of a group at each level of a system: who meets where, at what rate one member can send, what a step costs. Compiled once for a
/// system; merges levels for algorithms that see several as one.
/// </summary>
internal sealed class LevelPorts
{
    private const int MostMerged = 1 << 15;

    private readonly SystemDescription _system;
    private readonly CommunicationLibrary _library;
    private readonly ProtocolTable? _protocols;
    private readonly ProtocolTable? _networkProtocols;
    private readonly double _networkShare;
    private readonly int _chipLevel;
    private readonly Dictionary<(RankGroup, int, int), GroupPorts> _merged = [];
    private readonly Dictionary<(int, int), LevelShape> _shapes = [];

    public LevelPorts(SystemDescription system, CommunicationLibrary library, ProtocolTable? protocols, double networkShare, ProtocolTable? network = null)
    {
        _system = system;
        _library = library;
        _protocols = protocols;
        _networkProtocols = network;
        _networkShare = networkShare;
        _chipLevel = system.Levels[0].Name == RankGroups.ChipLevel ? 0 : -1;
        Network = system.Levels.Length - 1;
    }

    /// <summary>Level of the scale-out network: the outermost.</summary>
    public int Network { get; }

    /// <summary>Achieved share of the rate of a level's links.</summary>
    public double ShareOf(int level) => level == Network ? _networkShare : _library.ScaleUp.Share.Value;

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
        if (!_merged.TryGetValue((group, from, to), out GroupPorts ports))
        {
            ports = Merge(group, from, to);
            if (_merged.Count >= MostMerged)
                _merged.Clear();
            _merged.Add((group, from, to), ports);
        }

        return ports.ReducesInSwitch && !_library.SwitchAdds.Contains(format) ? ports with { ReducesInSwitch = false } : ports;
    }

    /// <summary>The shape of neighbours on a level.</summary>
    public LevelShape Shape(int level, int members)
    {
        if (!_shapes.TryGetValue((level, members), out LevelShape? shape))
        {
            shape = new LevelShape(_system.Levels[level], members);
            _shapes.Add((level, members), shape);
        }

        return shape;
    }

    /// <summary>Members of a group in each of its scale-up domains.</summary>
    public int Beside(RankGroup group)
    {
        int beside = 1;
        for (int level = 0; level < Network; level++)
            beside *= group.Fanout[level];
        return Math.Min(beside, group.Size);
    }

    private GroupPorts Merge(RankGroup group, int from, int to)
    {
        int ranks = 1, last = -1;
        for (int level = from; level <= to; level++)
        {
            ranks *= group.Fanout[level];
            last = group.Fanout[level] > 1 ? level : last;
        }

        ranks = Math.Min(ranks, group.Size);
        if (last < 0)
            last = from;

        // Messages to another domain of a level without switches move to the place of their end first: they add to the traffic inside.
        double outer = 1;
        double neighbour = double.PositiveInfinity, one = neighbour, both = neighbour, sides = neighbour, direct = neighbour, root = neighbour, rootOut = neighbour, pair = neighbour, edge = neighbour, edgeOut = neighbour;
        double exchange = 0, around = 0, least = double.PositiveInfinity, along = 0, across = 0, climb = 0, far = 0, perMessage = 0;
        bool inSwitch = true, isTorus = false;
        double others = (ranks - 1.0) / ranks;
        int spanned = 0;
        for (int level = last; level >= from; level--)
        {
            int fanout = group.Fanout[level];
            if (fanout <= 1)
                continue;
            double inside = 1;
            for (int inner = from; inner < level; inner++)
                inside *= group.Fanout[inner];
            inside = Math.Min(inside, ranks);
            LevelDescription description = _system.Levels[level];
            LevelShape shape = Shape(level, fanout);
            LibraryScope scope = ScopeOf(level);
            double share = ShareOf(level);
            double rate = Rated(group, level).Value * share;
            double step = description.Latency.Value.Value + scope.Step.Value.Value, message = scope.PerMessage.Value.Value;
            bool outermost = level == last;
            neighbour = Math.Min(neighbour, inside * rate / shape.RingLoad(outermost));
            one = Math.Min(one, rate / shape.OneRingLoad(isBothWays: false));
            both = Math.Min(both, rate / shape.OneRingLoad(isBothWays: true));
            sides = Math.Min(sides, others * inside * rate / shape.SidesLoad());
            exchange += shape.ExchangeLoad() / (inside * rate);
            


            // The one has its chip's port for itself.
            double alone = rate * (level == _chipLevel ? 1 : OnChip(group)) / inside;
            double beyond = shape.IsSwitched ? Math.Min(inside * shape.RootLoad(isOut: false), Math.Max(1, ranks - inside)) / inside : shape.RootLoad(isOut: false);
            root = Math.Min(root, alone / beyond);

            // Going out, messages move to the place of their end before they leave by the links of that place, the ranks of a chip by the same.
            double onChip = from <= _chipLevel ? OnChip(group) : 1;
            bool isOfPlaces = !shape.IsSwitched && inside > onChip;
            double through = level == _chipLevel ? 1 : outer, passing = isOfPlaces ? onChip / inside : through;
            direct = Math.Min(direct, rate * (ranks - 1) / (inside * through * shape.DirectLoad()));
            rootOut = Math.Min(rootOut, alone / (passing * (shape.IsSwitched ? beyond : shape.RootLoad(isOut: true))));
            if (!shape.IsSwitched)
            {
                edge = Math.Min(edge, rate / shape.TreeLoad(isThereAndBack: true));
                edgeOut = Math.Min(edgeOut, rate / shape.TreeLoad(isThereAndBack: false));
            }

            pair = Math.Min(pair, rate / shape.PairLoad());
            double domains = ranks / inside;
            double edges = Math.Max(1, outermost ? domains : domains - (ranks / (inside * fanout)));
            around += (edges + (outermost ? shape.WayBack() : 0)) * step;
            least = Math.Min(least, step);
            along += shape.Steps() * step;
            across += (shape.ExchangeHops() * description.Latency.Value.Value) + (shape.Exchanges().Length * scope.Step.Value.Value) + (shape.ExchangeMessages() * message);
            climb += Math.Ceiling(Math.Log2(fanout)) * step;
            far = Math.Max(far, (description.Latency.Value.Value * shape.Diameter()) + scope.Step.Value.Value);
            perMessage = Math.Max(perMessage, message);
            isTorus |= shape.IsTorus;
            inSwitch &= description.ReducesInSwitch;
            if (isOfPlaces)
                outer *= fanout;
            spanned++;
        }

        bool fitted = spanned == 1 && last != Network && _system.Levels[last].Topology == TopologyKind.Switch && last != _chipLevel;
        bool isAcross = spanned == 1 && last == Network && from == Network && _networkProtocols is not null;
        return new GroupPorts
        {
            Ranks = ranks,
            Neighbour = new BytesPerSecond(neighbour),
            OneRing = new BytesPerSecond(one),
            BothWays = new BytesPerSecond(both),
            Sides = new BytesPerSecond(isTorus ? sides : 0),
            Exchange = new BytesPerSecond(spanned > 0 ? others / exchange : double.PositiveInfinity),
            Direct = new BytesPerSecond(direct),
            Root = new BytesPerSecond(root),
            RootOut = new BytesPerSecond(rootOut),
            TreeEdge = new BytesPerSecond(double.IsFinite(edge) ? edge : 0),
            TreeEdgeOut = new BytesPerSecond(double.IsFinite(edgeOut) ? edgeOut : 0),
            Pair = new BytesPerSecond(pair),
            Around = new Seconds(spanned > 0 ? around - least : 0),
            Along = new Seconds(isTorus ? along : 0),
            Across = new Seconds(across),
            Climb = new Seconds(climb),
            Far = new Seconds(far),
            PerMessage = new Seconds(perMessage),
            ReducesInSwitch = spanned > 0 && inSwitch && ranks >= _library.SwitchFrom,
            OnChip = from <= _chipLevel ? OnChip(group) : 1,
            Rated = fitted || isAcross ? _system.Levels[last].BandwidthPerChip.Value : default,
            Beside = isAcross ? Beside(group) : 0,
            Protocols = fitted ? _protocols : isAcross ? _networkProtocols : null,
        };
    }
}
