using System.Text;
using Orrery.Catalog;

namespace Orrery.Interchange;

/// <summary>
/// Gathers the nodes of one file, whichever form it has, and makes the trace: looks up parents, finds those that are missing and the cycles, and
/// puts the nodes in an order that dependencies allow.
/// </summary>
internal sealed class ChakraTraceBuilder
{
    private const int StartNodes = 64;

    private readonly ChakraLimits _limits;
    private readonly TraceMistakes _mistakes;
    private readonly Dictionary<string, int> _groupNumbers = new(StringComparer.Ordinal);
    private readonly List<string> _groupNames = [];
    private readonly Dictionary<string, ProcessGroup> _groups = new(StringComparer.Ordinal);
    private ChakraNode[] _nodes = new ChakraNode[StartNodes];
    private int[] _nameEnd = new int[StartNodes];
    private int[] _dataEnd = new int[StartNodes];
    private int[] _controlEnd = new int[StartNodes];
    private int[] _lines = [];
    private byte[] _names = new byte[1024];
    private ulong[] _data = new ulong[StartNodes];
    private ulong[] _control = new ulong[StartNodes];
    private int _count;
    private int _dataCount;
    private int _controlCount;
    private int _nameBytes;

    public ChakraTraceBuilder(ChakraLimits limits, TraceMistakes mistakes)
    {
        _limits = limits;
        _mistakes = mistakes;
    }

    /// <summary>Rank of the file; -1 where it is not known.</summary>
    public int Rank { get; init; } = -1;

    /// <summary>Ranks of the job, where the file says; else 0.</summary>
    public int World { get; set; }

    /// <summary>Ranks that run this trace.</summary>
    public int Count { get; set; } = 1;

    /// <summary>Ranks on one chip, where the file says; else 0.</summary>
    public int RanksPerChip { get; set; }

    /// <summary>
    /// True where control dependencies are the tree of operators, by numbers of another trace, and data dependencies hold the whole order: what
    /// converters before schema 0.0.4 wrote.
    /// </summary>
    public bool HasOperatorTree { get; set; }

    public int GroupNumber(string name)
    {
        if (_groupNumbers.TryGetValue(name, out int number))
            return number;
        number = _groupNames.Count;
        _groupNames.Add(name);
        _groupNumbers.Add(name, number);
        return number;
    }

    public void Define(string name, ProcessGroup group) => _groups[name] = group;

    public void AddData(ulong id) => Append(ref _data, ref _dataCount, id);

    public void AddControl(ulong id) => Append(ref _control, ref _controlCount, id);

    /// <summary>True while another dependency may be added.</summary>
    public bool HasRoom => (long)_dataCount + _controlCount < _limits.Dependencies;

    /// <summary>Takes a node whose dependencies were added since the last one; false where there are too many.</summary>
    public bool Add(in ChakraNode node, ReadOnlySpan<byte> name, int line)
    {
        if (_count >= _limits.Nodes)
        {
            _mistakes.Error(ReplayCodes.TooLarge, $"more than {_limits.Nodes} nodes");
            return false;
        }

        if (!HasRoom)
        {
            _mistakes.Error(ReplayCodes.TooLarge, $"more than {_limits.Dependencies} dependencies");
            return false;
        }

        if (_count == _nodes.Length)
        {
            int size = _count * 2;
            Array.Resize(ref _nodes, size);
            Array.Resize(ref _nameEnd, size);
            Array.Resize(ref _dataEnd, size);
            Array.Resize(ref _controlEnd, size);
        }

        if (line > 0)
        {
            if (_lines.Length < _nodes.Length)
                Array.Resize(ref _lines, _nodes.Length);
            _lines[_count] = line;
        }

        if (_names.Length - _nameBytes < name.Length)
            Array.Resize(ref _names, Math.Max(_names.Length * 2, _nameBytes + name.Length));
        name.CopyTo(_names.AsSpan(_nameBytes));
        _nameBytes += name.Length;
        _nodes[_count] = node;
        _nameEnd[_count] = _nameBytes;
        _dataEnd[_count] = _dataCount;
        _controlEnd[_count] = _controlCount;
        _count++;
        return true;
    }

    /// <summary>A node in words, with the rank of its file.</summary>
    public string Describe(ulong id, ReadOnlySpan<byte> name)
    {
        string text = name.IsEmpty ? $"node {id}" : $"node {id} ({TraceMistakes.Clean(Encoding.UTF8.GetString(name))})";
        return Rank >= 0 ? $"rank {Rank}: {text}" : text;
    }

    /// <summary>The trace; null where something in it is wrong.</summary>
    public ChakraTrace? Build()
    {
        Array.Resize(ref _nodes, _count);
        ulong[] ids = new ulong[_count];
        int[] byId = new int[_count];
        for (int index = 0; index < _count; index++)
        {
            ids[index] = _nodes[index].Id;
            byId[index] = index;
        }

        Array.Sort(ids, byId);
        CheckRepeats(ids, byId);
        if (_count == 0)
            _mistakes.Error(ReplayCodes.Broken, "the trace has no nodes");

        (int[] start, int[] parents) = Resolve(ids, byId);
        if (_mistakes.HasErrors)
            return null;
        int[] order = Sort(start, parents, out int sorted);
        if (sorted < _count)
        {
            ReportCycles(start, parents, order.AsSpan(0, sorted));
            return null;
        }

        return new ChakraTrace
        {
            File = _mistakes.File,
            Rank = Math.Max(0, Rank),
            World = World,
            Count = Math.Max(1, Count),
            RanksPerChip = RanksPerChip,
            Nodes = _nodes,
            ParentStart = start,
            Parents = parents,
            Order = order,
            NameEnd = _nameEnd,
            Names = _names,
            GroupNames = [.. _groupNames],
            Groups = _groups,
        };
    }

    private void Append(ref ulong[] list, ref int count, ulong id)
    {
        if (!HasRoom)
            return;
        if (count == list.Length)
            Array.Resize(ref list, count * 2);
        list[count++] = id;
    }

    private void CheckRepeats(ulong[] ids, int[] byId)
    {
        for (int index = 1; index < ids.Length && !_mistakes.IsFull; index++)
        {
            if (ids[index] == ids[index - 1] && (index < 2 || ids[index - 2] != ids[index]))
                Complain(ReplayCodes.RepeatedNode, byId[index], "has the number of another node of the file");
        }
    }

    /// <summary>Parents by place, without repeats; nodes that are not there are reported.</summary>
    private (int[] Start, int[] Parents) Resolve(ulong[] ids, int[] byId)
    {
        int[] start = new int[_count + 1];
        int[] parents = new int[_dataCount + (HasOperatorTree ? 0 : _controlCount)];
        int[] lastChild = new int[_count];
        Array.Fill(lastChild, -1);
        int filled = 0, ignored = 0;
        for (int node = 0; node < _count; node++)
        {
            start[node] = filled;
            filled = Resolve(node, _data, node == 0 ? 0 : _dataEnd[node - 1], _dataEnd[node], "data", ids, byId, lastChild, parents, filled);
            int from = node == 0 ? 0 : _controlEnd[node - 1];
            if (HasOperatorTree)
                ignored += _controlEnd[node] - from;
            else
                filled = Resolve(node, _control, from, _controlEnd[node], "control", ids, byId, lastChild, parents, filled);
        }

        start[_count] = filled;
        if (ignored > 0)
        {
            _mistakes.Note(
                ReplayCodes.OperatorTree,
                $"{ignored} control dependencies are the operator tree of the recording, by numbers that are not all in the file: the order is that of the data dependencies");
        }

        Array.Resize(ref parents, filled);
        return (start, parents);
    }

    private int Resolve(
        int node, ulong[] list, int from, int to, string kind, ulong[] ids, int[] byId, int[] lastChild, int[] parents, int filled)
    {
        for (int at = from; at < to; at++)
        {
            int found = Array.BinarySearch(ids, list[at]);
            if (found < 0)
            {
                if (_mistakes.IsFull)
                    _mistakes.Count();
                else
                    Complain(ReplayCodes.MissingParent, node, $"depends ({kind}) on node {list[at]}, which is not in the file");
                continue;
            }

            int parent = byId[found];
            if (lastChild[parent] == node)
                continue;
            lastChild[parent] = node;
            parents[filled++] = parent;
        }

        return filled;
    }

    /// <summary>The nodes so that parents come first; among those that could, the one recorded first, then the one of the lowest number.</summary>
    private int[] Sort(int[] start, int[] parents, out int sorted)
    {
        (int[] childStart, int[] children) = ChakraTrace.Turn(_count, start, parents);
        int[] waiting = new int[_count];
        PriorityQueue<int, (ulong Start, ulong Id)> ready = new();
        for (int node = 0; node < _count; node++)
        {
            waiting[node] = start[node + 1] - start[node];
            if (waiting[node] == 0)
                ready.Enqueue(node, (_nodes[node].StartMicros, _nodes[node].Id));
        }

        int[] order = new int[_count];
        sorted = 0;
        while (ready.TryDequeue(out int node, out _))
        {
            order[sorted++] = node;
            for (int at = childStart[node]; at < childStart[node + 1]; at++)
            {
                int child = children[at];
                if (--waiting[child] == 0)
                    ready.Enqueue(child, (_nodes[child].StartMicros, _nodes[child].Id));
            }
        }

        return order;
    }

    /// <summary>Every circle that a walk from child to parent among the nodes left over ends in, each once.</summary>
    private void ReportCycles(int[] start, int[] parents, ReadOnlySpan<int> sorted)
    {
        // 0: left over, not looked at; -1: done; else the walk that came by.
        int[] mark = new int[_count];
        foreach (int node in sorted)
            mark[node] = -1;
        for (int first = 0; first < _count && !_mistakes.IsFull; first++)
        {
            int walk = first + 1;
            int at = first;
            while (mark[at] == 0)
            {
                mark[at] = walk;
                at = LeftParent(at, start, parents, mark);
            }

            if (mark[at] == walk)
                ReportCycle(at, start, parents, mark);
        }
    }

    /// <summary>A parent that is left over; there is one, or the node would have been sorted.</summary>
    private static int LeftParent(int node, int[] start, int[] parents, int[] mark)
    {
        int at = start[node];
        while (mark[parents[at]] < 0)
            at++;
        return parents[at];
    }

    private void ReportCycle(int from, int[] start, int[] parents, int[] mark)
    {
        const int MostNamed = 8;
        StringBuilder way = new();
        int length = 0;
        int at = from;
        do
        {
            if (length++ < MostNamed)
                way.Append($"{_nodes[at].Id} waits for ");
            at = LeftParent(at, start, parents, mark);
        }
        while (at != from);
        way.Append(length > MostNamed ? $"... (in all {length} nodes) ... waits for {_nodes[from].Id}" : $"{_nodes[from].Id}");
        Complain(ReplayCodes.Cycle, from, length == 1 ? "depends on itself" : $"stands in a circle: {way}");
    }

    private void Complain(string code, int node, string what)
    {
        int line = node < _lines.Length ? _lines[node] : 0;
        _mistakes.Error(code, $"{Describe(_nodes[node].Id, ChakraTrace.NameOf(node, _nameEnd, _names))} {what}", line, line > 0 ? 1 : 0);
    }
}
