using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// Makes one program of the traces of a job: times nodes, joins the members of each collective, matches messages. Collectives of a group are matched by their
/// order on each rank, messages by their ends, tag and order; what does not match is told, all at once.
/// </summary>
public sealed partial class ReplayCompiler
{
    private const int MostMistakes = 200;

    // A clock of picoseconds ends after 106 days; all tasks one after the other must fit in it.
    private const double MostTicks = 9e18;

    private readonly TraceSet _set;
    private readonly ReplayFabric _fabric;
    private readonly ReplayPrices? _prices;
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly Dictionary<int, int> _traceOfRank = [];
    private readonly Dictionary<(int Trace, byte Kind, int Number), int> _streams = [];
    private readonly List<string> _streamNames = [];
    private readonly List<ReplayExchange> _exchanges = [];
    private readonly List<(int Before, int After)> _edges = [];
    private readonly int[] _first;
    private readonly int[] _traceOf;
    private readonly long[] _duration;
    private readonly ReplayTaskKind[] _kind;
    private readonly int[] _stream;
    private readonly int[] _place;
    private readonly int[] _joint;
    private readonly int[] _exchange;
    private readonly int[] _sender;
    private readonly List<int> _jointStart = [0];
    private readonly List<int> _jointMembers = [];
    private double _ticks;
    private int _more;

    private ReplayCompiler(TraceSet set, ReplayFabric fabric)
    {
        _set = set;
        _fabric = fabric;
        _prices = fabric.Network == ReplayNetwork.Recorded ? null : new ReplayPrices(fabric, set.World);
        _first = new int[set.Traces.Length + 1];
        for (int trace = 0; trace < set.Traces.Length; trace++)
        {
            _first[trace + 1] = _first[trace] + set.Traces[trace].NodeCount;
            _traceOfRank[set.Traces[trace].Rank] = trace;
        }

        int count = _first[^1];
        _traceOf = new int[count];
        _duration = new long[count];
        _kind = new ReplayTaskKind[count];
        _stream = new int[count];
        _place = new int[count];
        _joint = new int[count];
        _exchange = new int[count];
        _sender = new int[count];
        Array.Fill(_stream, -1);
        Array.Fill(_joint, -1);
        Array.Fill(_exchange, -1);
        Array.Fill(_sender, -1);
    }

    /// <summary>The program, or everything that stands against it.</summary>
    public static Result<ReplayProgram> Compile(TraceSet set, ReplayFabric fabric)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(fabric);
        if (fabric.Dimensions is { } dimensions && dimensions.Ranks != set.World)
        {
            return new(null, [new Diagnostic(
                Severity.Error, ReplayCodes.WrongRanks, fabric.Name, 0, 0, $"the network joins {dimensions.Ranks} ranks, the traces are of a job of {set.World}")]);
        }

        if (fabric.System is { MaximumChips: > 0 } machine && set.World > (long)machine.MaximumChips * fabric.RanksPerChip)
        {
            return new(null, [new Diagnostic(
                Severity.Error, ReplayCodes.WrongRanks, fabric.Name, 0, 0,
                $"{machine.Name} has at most {(long)machine.MaximumChips * fabric.RanksPerChip} ranks, the traces are of a job of {set.World}")]);
        }

        return new ReplayCompiler(set, fabric).Compile();
    }

    private Result<ReplayProgram> Compile()
    {
        for (int trace = 0; trace < _set.Traces.Length; trace++)
            Time(trace);
        JoinCollectives();
        MatchMessages();
        if (_ticks > MostTicks)
            Complain(ReplayCodes.TooLarge, _set.Traces[0].File, "all nodes one after the other would take more than 104 days");
        if (_more > 0)
            _diagnostics.Add(new Diagnostic(Severity.Note, ReplayCodes.MoreMistakes, _set.Traces[0].File, 0, 0, $"{_more} more are not shown"));
        if (_diagnostics.Exists(static d => d.Severity == Severity.Error))
            return new(null, [.. _diagnostics]);
        (int[] start, int[] parents) = Parents();
        return new(
            new ReplayProgram
            {
                Set = _set,
                Fabric = _fabric,
                First = _first,
                TraceOf = _traceOf,
                Duration = _duration,
                Kind = _kind,
                Stream = _stream,
                Place = _place,
                ParentStart = start,
                Parents = parents,
                Joint = _joint,
                JointStart = [.. _jointStart],
                JointMembers = [.. _jointMembers],
                Exchange = _exchange,
                Sender = _sender,
                Exchanges = [.. _exchanges],
                StreamNames = [.. _streamNames],
            },
            [.. _diagnostics]);
    }

    /// <summary>Times of the nodes that are the rank's own.</summary>
    private void Time(int trace)
    {
        ChakraTrace source = _set.Traces[trace];
        for (int place = 0; place < source.Order.Length; place++)
        {
            int node = source.Order[place];
            int task = _first[trace] + node;
            _traceOf[task] = trace;
            _place[task] = place;
            ref readonly ChakraNode it = ref source.Node(node);
            switch (it.Type)
            {
                case ChakraNodeType.Compute:
                    SetTask(task, it.IsHost ? ReplayTaskKind.Host : ReplayTaskKind.Compute, ComputeTicks(source, node), it.Thread);
                    break;
                case ChakraNodeType.MemoryLoad or ChakraNodeType.MemoryStore:
                    SetTask(task, ReplayTaskKind.Compute, MemoryTicks(source, node), it.Thread);
                    break;
                case ChakraNodeType.Collective when it.Collective == ChakraCollective.Unstated:
                    SetTask(task, it.IsHost ? ReplayTaskKind.Host : ReplayTaskKind.Communication, it.DurationPicos, it.Thread);
                    break;
            }
        }
    }

    private long ComputeTicks(ChakraTrace source, int node)
    {
        ref readonly ChakraNode it = ref source.Node(node);
        bool hasRoofline = _fabric.Peak.Value > 0 && _fabric.MemoryBandwidth.Value > 0;
        if (!it.IsHost && hasRoofline && (_fabric.PrefersRoofline ? it.Operations > 0 || it.TensorBytes > 0 : it.DurationPicos == 0))
            return Ticks(Math.Max(it.Operations / _fabric.Peak.Value, it.TensorBytes / _fabric.MemoryBandwidth.Value), source, node);
        if (it.DurationPicos == 0 && it.Operations > 0)
            Complain(ReplayCodes.NoDuration, source.File, $"{source.Describe(node)} states operations and no duration; a peak to time them by comes with a system");
        return it.DurationPicos;
    }

    private long MemoryTicks(ChakraTrace source, int node)
    {
        ref readonly ChakraNode it = ref source.Node(node);
        if (it.DurationPicos > 0 || it.TensorBytes == 0)
            return it.DurationPicos;
        if (_fabric.Memory is { Bandwidth.Value: > 0 } far)
            return Ticks(far.Latency.Value + (it.TensorBytes / far.Bandwidth.Value), source, node);
        if (_fabric.MemoryBandwidth.Value > 0)
            return Ticks(it.TensorBytes / _fabric.MemoryBandwidth.Value, source, node);
        Complain(ReplayCodes.NoDuration, source.File, $"{source.Describe(node)} moves {it.TensorBytes:R} bytes and states no duration; a bandwidth to time it by comes with a system or a memory file");
        return 0;
    }

    private void SetTask(int task, ReplayTaskKind kind, long ticks, int thread)
    {
        if (ticks == 0)
            return;
        _kind[task] = kind;
        _duration[task] = ticks;
        _ticks += ticks;
        string name = kind switch { ReplayTaskKind.Host => "host", ReplayTaskKind.Compute => "compute", _ => "network" };
        _stream[task] = StreamOf(_traceOf[task], (byte)kind, thread, thread == 0 ? name : $"{name} {thread}");
    }

    private int StreamOf(int trace, byte kind, int number, string name)
    {
        if (_streams.TryGetValue((trace, kind, number), out int stream))
            return stream;
        stream = _streamNames.Count;
        _streamNames.Add(name);
        _streams.Add((trace, kind, number), stream);
        return stream;
    }

    private long Ticks(double seconds, ChakraTrace source, int node)
    {
        if (seconds is >= 0 and < 9e6)
            return ReplayProgram.Scale.ToTicks(new Seconds(seconds));
        Complain(ReplayCodes.TooLarge, source.File, $"{source.Describe(node)} would take {seconds:G3} s; at most 104 days can be");
        return 0;
    }

    /// <summary>Parents of every task: those of the traces, the collective before in the same group, the sender of a message.</summary>
    private (int[] Start, int[] Parents) Parents()
    {
        int[] start = new int[_traceOf.Length + 1];
        for (int trace = 0; trace < _set.Traces.Length; trace++)
        {
            ChakraTrace source = _set.Traces[trace];
            for (int node = 0; node < source.NodeCount; node++)
                start[_first[trace] + node + 1] = source.ParentsOf(node).Length;
        }

        foreach ((_, int after) in _edges)
            start[after + 1]++;
        for (int task = 0; task < _traceOf.Length; task++)
            start[task + 1] = checked(start[task + 1] + start[task]);
        int[] parents = new int[start[^1]];
        int[] filled = start.AsSpan(0, _traceOf.Length).ToArray();
        for (int trace = 0; trace < _set.Traces.Length; trace++)
        {
            ChakraTrace source = _set.Traces[trace];
            for (int node = 0; node < source.NodeCount; node++)
            {
                foreach (int parent in source.ParentsOf(node))
                    parents[filled[_first[trace] + node]++] = _first[trace] + parent;
            }
        }

        foreach ((int before, int after) in _edges)
            parents[filled[after]++] = before;
        return (start, parents);
    }

    private string Words(int task) => _set.Traces[_traceOf[task]].Describe(task - _first[_traceOf[task]]);

    private ref readonly ChakraNode NodeOf(int task) => ref _set.Traces[_traceOf[task]].Node(task - _first[_traceOf[task]]);

    private string FileOf(int task) => _set.Traces[_traceOf[task]].File;

    private void Complain(string code, string file, string message)
    {
        if (_diagnostics.Count >= MostMistakes)
            _more++;
        else
            _diagnostics.Add(new Diagnostic(Severity.Error, code, file, 0, 0, message));
    }
}
