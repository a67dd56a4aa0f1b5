namespace Orrery.Engine;

/// <summary>
/// Tasks of known duration on in-order streams, with dependencies between them: a pipeline schedule, a program of kernels and transfers.
/// Built once, run many times by <see cref="TaskGraphRun"/>; durations can be changed between runs. <see cref="Clear"/> keeps the memory, so
/// that building the next graph of the same size allocates nothing.
/// </summary>
public sealed class TaskGraph
{
#if DEBUG
    private const int DefaultCapacity = 2;
#else
    private const int DefaultCapacity = 1024;
#endif

    // What a run reads for every task lies in one 24-byte record, what only reports read apart from it. Edges are lists threaded through one
    // array: no sorting into rows, and appending is the whole cost of building. The order of the lists does not bear on any result.
    private Node[] _nodes;
    private Label[] _labels;
    private Edge[] _edges;
    private int[] _lastOnStream = [];

    public TaskGraph(int taskCapacity = DefaultCapacity, int dependencyCapacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(taskCapacity);
        ArgumentOutOfRangeException.ThrowIfNegative(dependencyCapacity);
        _nodes = new Node[Math.Max(taskCapacity, 1)];
        _labels = new Label[Math.Max(taskCapacity, 1)];
        _edges = new Edge[Math.Max(dependencyCapacity, 1)];
    }

    public int TaskCount { get; private set; }

    public int DependencyCount { get; private set; }

    /// <summary>One past the largest stream number used.</summary>
    public int StreamCount { get; private set; }

    internal ReadOnlySpan<Node> Nodes => _nodes.AsSpan(0, TaskCount);

    internal ReadOnlySpan<Edge> Edges => _edges.AsSpan(0, DependencyCount);

    /// <summary>
    /// Appends a task to the end of a stream. Streams are numbered from 0 and need no declaration; unused numbers cost four bytes each.
    /// </summary>
    /// <param name="stream">The stream that executes it.</param>
    /// <param name="durationTicks">How long the stream is busy with it; 0 is allowed, negative throws.</param>
    /// <param name="kind">Caller's own classification, for reports.</param>
    /// <param name="label">Caller's own number (a micro-batch, say), for reports.</param>
    /// <param name="index">A second one (a model chunk, say).</param>
    public TaskId AddTask(StreamId stream, long durationTicks, byte kind = 0, int label = 0, int index = 0)
    {
        if (durationTicks < 0)
            Throw.NegativeDuration(durationTicks);
        int number = stream.Value;
        if (number < 0)
            Throw.NoSuchStream(number);
        if (number >= StreamCount)
            GrowStreams(number + 1);
        int task = TaskCount;
        if (task == _nodes.Length)
        {
            Array.Resize(ref _nodes, task * 2);
            Array.Resize(ref _labels, task * 2);
        }

        int previous = _lastOnStream[number];
        if (previous >= 0)
            _nodes[previous].NextOnStream = task;
        _lastOnStream[number] = task;
        _nodes[task] = new Node
        {
            Duration = durationTicks,
            FirstEdge = -1,
            NextOnStream = -1,
            Predecessors = previous >= 0 ? 1 : 0,
            Stream = number,
        };
        _labels[task] = new Label(kind, label, index);
        TaskCount = task + 1;
        return new TaskId(task);
    }

    /// <summary>
    /// <paramref name="after"/> may start <paramref name="lagTicks"/> after the end of <paramref name="before"/> at the earliest (the lag is
    /// time that no stream spends: the flight of a message).
    /// </summary>
    public void AddDependency(TaskId before, TaskId after, long lagTicks = 0)
    {
        if (lagTicks < 0)
            Throw.NegativeDuration(lagTicks);
        CheckTask(before);
        CheckTask(after);
        int edge = DependencyCount;
        if (edge == _edges.Length)
            Array.Resize(ref _edges, edge * 2);
        ref Node source = ref _nodes[before.Value];
        _edges[edge] = new Edge { Lag = lagTicks, After = after.Value, Next = source.FirstEdge };
        source.FirstEdge = edge;
        _nodes[after.Value].Predecessors++;
        DependencyCount = edge + 1;
    }

    /// <summary>Every dependency given, those of one task in no particular order; the order of streams is not among them.</summary>
    public IEnumerable<(TaskId Before, TaskId After, long LagTicks)> Dependencies()
    {
        for (int task = 0; task < TaskCount; task++)
        {
            for (int edge = _nodes[task].FirstEdge; edge >= 0; edge = _edges[edge].Next)
                yield return (new TaskId(task), new TaskId(_edges[edge].After), _edges[edge].Lag);
        }
    }

    public long Duration(TaskId task)
    {
        CheckTask(task);
        return _nodes[task.Value].Duration;
    }

    /// <summary>Changes a duration, so that one graph serves many runs (a straggler, another bandwidth).</summary>
    public void SetDuration(TaskId task, long durationTicks)
    {
        if (durationTicks < 0)
            Throw.NegativeDuration(durationTicks);
        CheckTask(task);
        _nodes[task.Value].Duration = durationTicks;
    }

    public StreamId Stream(TaskId task)
    {
        CheckTask(task);
        return new StreamId(_nodes[task.Value].Stream);
    }

    /// <summary>The caller's classification given to <see cref="AddTask"/>.</summary>
    public byte Kind(TaskId task)
    {
        CheckTask(task);
        return _labels[task.Value].Kind;
    }

    /// <summary>The caller's two numbers given to <see cref="AddTask"/>.</summary>
    public (int Label, int Index) Labels(TaskId task)
    {
        CheckTask(task);
        ref Label label = ref _labels[task.Value];
        return (label.Number, label.Index);
    }

    /// <summary>Empties the graph and keeps its memory.</summary>
    public void Clear()
    {
        TaskCount = 0;
        DependencyCount = 0;
        _lastOnStream.AsSpan(0, StreamCount).Fill(-1);
        StreamCount = 0;
    }

    private void CheckTask(TaskId task)
    {
        if ((uint)task.Value >= (uint)TaskCount)
            Throw.NoSuchTask(task.Value, TaskCount);
    }

    private void GrowStreams(int count)
    {
        int held = _lastOnStream.Length;
        if (count > held)
        {
            Array.Resize(ref _lastOnStream, Math.Max(count, held * 2));
            _lastOnStream.AsSpan(held).Fill(-1);
        }

        StreamCount = count;
    }

    internal struct Node
    {
        public long Duration;
        public int FirstEdge;
        public int NextOnStream;
        public int Predecessors;
        public int Stream;
    }

    internal struct Edge
    {
        public long Lag;
        public int After;
        public int Next;
    }

    private readonly struct Label(byte kind, int number, int index)
    {
        public readonly int Number = number;
        public readonly int Index = index;
        public readonly byte Kind = kind;
    }
}
