namespace Orrery.Fabric;

/// <summary>
/// Flows over the links of a graph that start together: each with its bytes and the links it crosses. Flows of the same bytes over the same links are
/// one with a count.
/// </summary>
public sealed class FlowSet
{
    private readonly FabricGraph _graph;
    private readonly Dictionary<int, int> _numbers = [];
    private readonly Dictionary<(long Way, double Bytes), int> _alike = [];
    private readonly Route _route = new();
    private int[] _linkIds = new int[64];
    private double[] _capacities = new double[64];
    private int[] _starts = new int[65];
    private double[] _bytes = new double[64];
    private double[] _counts = new double[64];
    private double[] _latencies = new double[64];
    private int[] _crossed = new int[256];
    private double[] _weights = new double[256];

    /// <summary>No flows yet.</summary>
    /// <param name="graph">Whose links the flows cross.</param>
    public FlowSet(FabricGraph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        _graph = graph;
    }

    /// <summary>Flows, those alike counted once.</summary>
    public int FlowCount { get; private set; }

    /// <summary>Links crossed by any of them.</summary>
    public int LinkCount { get; private set; }

    /// <summary>Links crossed, summed over flows.</summary>
    public int Crossings => _starts[FlowCount];

    /// <summary>Latency of the longest way of any flow added.</summary>
    public double LongestLatency { get; private set; }

    /// <summary>Latency of the way of the message added last.</summary>
    public double LastLatency { get; private set; }

    /// <summary>Links of the first message that had to leave its usual way; empty where none had to.</summary>
    public string Detour { get; private set; } = "";

    /// <summary>True where flows on the same way are kept apart, as tests of folding do.</summary>
    public bool IsUnfolded { get; init; }

    /// <summary>A message from one rank to another. False where no way is left between them.</summary>
    /// <param name="bytes">Of the message.</param>
    /// <param name="overhead">Bytes on the wire for each byte of it.</param>
    /// <param name="count">Messages alike.</param>
    public bool Add(int from, int to, double bytes, double overhead = 1, int count = 1)
    {
        if (from == to)
            return true;
        int chipFrom = from / _graph.RanksPerChip, chipTo = to / _graph.RanksPerChip;

        // Ranks of a chip share its ports: between two chips all their messages go one way.
        // Multiplied by an odd number, which loses nothing: the framework's hash of the two halves is the same for most neighbours in a ring.
        long way = unchecked((((long)from << 32) | (uint)to) * -7046029254386353131);
        if (chipFrom != chipTo)
            way = unchecked(((((long)chipFrom << 32) | (uint)chipTo) | long.MinValue) * -7046029254386353131);
        if (!IsUnfolded && _alike.TryGetValue((way, bytes * overhead), out int known))
        {
            Grow(known, count);
            LastLatency = _latencies[known];
            return true;
        }

        if (!_graph.FindRoute(from, to, _route))
            return false;
        if (!IsUnfolded)
            _alike.Add((way, bytes * overhead), FlowCount);
        Add(_route, bytes * overhead, count);
        return true;
    }

    /// <summary>A vector handed to the switches of a level and a result taken back, both ways at once. False where the port is gone.</summary>
    public bool AddPort(int rank, int level, double bytes, double overhead, int count = 1)
    {
        if (!_graph.FindPort(rank, level, _route))
            return false;
        Add(_route, bytes * overhead, count);
        return true;
    }

    /// <summary>Adds the flows of another set on the same graph, none folded with those here.</summary>
    internal void Append(FlowSet other)
    {
        for (int flow = 0; flow < other.FlowCount; flow++)
        {
            _route.Clear();
            ReadOnlySpan<int> crossed = other.LinksOf(flow);
            ReadOnlySpan<double> weights = other.WeightsOf(flow);
            for (int index = 0; index < crossed.Length; index++)
                _route.Add(other.LinkId(crossed[index]), weights[index] / other.Count(flow));
            _route.Latency = other._latencies[flow];
            Add(_route, other.Bytes(flow), other.Count(flow));
        }
    }

    /// <summary>The links of a flow, numbered as this set does.</summary>
    internal ReadOnlySpan<int> LinksOf(int flow) => _crossed.AsSpan(_starts[flow], _starts[flow + 1] - _starts[flow]);

    /// <summary>What the flow puts on each of its links for each byte a second of its rate.</summary>
    internal ReadOnlySpan<double> WeightsOf(int flow) => _weights.AsSpan(_starts[flow], _starts[flow + 1] - _starts[flow]);

    internal double Capacity(int link) => _capacities[link];

    internal double Bytes(int flow) => _bytes[flow];

    internal double Count(int flow) => _counts[flow];

    /// <summary>Number in the graph of a link of this set.</summary>
    internal int LinkId(int link) => _linkIds[link];

    private void Grow(int flow, double more)
    {
        double before = _counts[flow];
        for (int at = _starts[flow]; at < _starts[flow + 1]; at++)
            _weights[at] *= (before + more) / before;
        _counts[flow] = before + more;
    }

    private void Add(Route route, double bytes, double count)
    {
        if (FlowCount == _bytes.Length)
        {
            Array.Resize(ref _bytes, FlowCount * 2);
            Array.Resize(ref _counts, FlowCount * 2);
            Array.Resize(ref _latencies, FlowCount * 2);
            Array.Resize(ref _starts, (FlowCount * 2) + 1);
        }

        int start = _starts[FlowCount];
        while (start + route.Count > _crossed.Length)
        {
            Array.Resize(ref _crossed, _crossed.Length * 2);
            Array.Resize(ref _weights, _weights.Length * 2);
        }

        for (int index = 0; index < route.Count; index++)
        {
            _crossed[start + index] = NumberOf(route.Links[index]);
            _weights[start + index] = route.Shares[index] * count;
        }

        _bytes[FlowCount] = bytes;
        _counts[FlowCount] = count;
        _latencies[FlowCount] = LastLatency = route.Latency;
        if (route.IsDetour && Detour.Length == 0)
            Detour = string.Join(", ", route.Links.ToArray().Select(_graph.LinkName));
        _starts[++FlowCount] = start + route.Count;
        LongestLatency = Math.Max(LongestLatency, route.Latency);
    }

    private int NumberOf(int link)
    {
        if (_numbers.TryGetValue(link, out int number))
            return number;
        number = LinkCount++;
        if (number == _linkIds.Length)
        {
            Array.Resize(ref _linkIds, number * 2);
            Array.Resize(ref _capacities, number * 2);
        }

        _linkIds[number] = link;
        _capacities[number] = _graph.Capacity(link).Value;
        _numbers.Add(link, number);
        return number;
    }
}
