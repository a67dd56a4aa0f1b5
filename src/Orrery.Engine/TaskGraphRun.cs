using System.Collections.Immutable;

namespace Orrery.Engine;

/// <summary>
/// Executes task graphs: each stream works through its tasks in order, and a task starts at the first tick at which its predecessor on the
/// stream and all its dependencies (with their lags) are done. Owns the scratch memory of a run; reuse one instance, and nothing is allocated
/// once it has seen its largest graph. Not for use by several threads at once.
/// </summary>
/// <remarks>
/// With durations known and streams in order, the instant of every start is fixed by its predecessors alone, so a sweep in topological order
/// gives what an event loop would, at O(tasks + dependencies) and without a queue of times.
/// </remarks>
public sealed class TaskGraphRun
{
    private int[] _waiting = [];
    private int[] _ready = [];
    private long[] _start = [];
    private long[] _end = [];
    private int _count;

    /// <summary>Start of each task in the last run of <see cref="Execute(TaskGraph)"/>, by <see cref="TaskId.Value"/>.</summary>
    public ReadOnlySpan<long> Start => _start.AsSpan(0, _count);

    /// <summary>End of each task, likewise.</summary>
    public ReadOnlySpan<long> End => _end.AsSpan(0, _count);

    /// <summary>End of the last task of the last run; 0 for an empty graph.</summary>
    public long Makespan { get; private set; }

    /// <summary>Runs the graph into this object's own arrays, <see cref="Start"/> and <see cref="End"/>.</summary>
    public RunStatus Execute(TaskGraph graph)
    {
        int count = graph.TaskCount;
        if (_start.Length < count)
        {
            // Doubling, so that a growing series of graphs does not allocate at every step.
            int size = Math.Max(count, _start.Length * 2);
            _start = new long[size];
            _end = new long[size];
        }

        _count = count;
        return Execute(graph, _start, _end);
    }

    /// <summary>
    /// Runs the graph and writes the start and end of each task, in ticks from 0, by <see cref="TaskId.Value"/>. Where the run deadlocks,
    /// tasks that could not start have start and end -1.
    /// </summary>
    /// <param name="graph">The tasks.</param>
    /// <param name="start">At least <see cref="TaskGraph.TaskCount"/> entries.</param>
    /// <param name="end">As many.</param>
    public RunStatus Execute(TaskGraph graph, Span<long> start, Span<long> end)
    {
        int count = graph.TaskCount;
        if (start.Length < count)
            Throw.SpanTooShort(nameof(start), start.Length, count);
        if (end.Length < count)
            Throw.SpanTooShort(nameof(end), end.Length, count);
        int done = Sweep(graph, start, end);
        Makespan = 0;
        if (done == count)
        {
            foreach (long instant in end[..count])
                Makespan = Math.Max(Makespan, instant);
            return RunStatus.Completed;
        }

        for (int task = 0; task < count; task++)
        {
            if (_waiting[task] > 0)
            {
                start[task] = -1;
                end[task] = -1;
            }
            else
            {
                Makespan = Math.Max(Makespan, end[task]);
            }
        }

        return RunStatus.Deadlocked;
    }

    /// <summary>
    /// Why a run of <paramref name="graph"/> does not end: a circle of streams, each held up by its next task, which waits for a task of the
    /// following stream that stands behind that stream's own next task. Begins at the lowest task number. Empty where the graph can run.
    /// Costs a run; allocates.
    /// </summary>
    public ImmutableArray<Wait> FindDeadlock(TaskGraph graph)
    {
        int count = graph.TaskCount;
        long[] start = new long[count];
        if (Sweep(graph, start, new long[count]) == count)
            return [];

        // Tasks of a stream run in order, so its first unfinished task is what holds the stream, and that task can only wait for a dependency.
        int[] head = new int[graph.StreamCount];
        int[] blocker = new int[count];
        Array.Fill(head, -1);
        Array.Fill(blocker, -1);
        ReadOnlySpan<TaskGraph.Node> nodes = graph.Nodes;
        ReadOnlySpan<TaskGraph.Edge> edges = graph.Edges;
        for (int task = count - 1; task >= 0; task--)
        {
            if (_waiting[task] == 0)
                continue;
            head[nodes[task].Stream] = task;
            for (int edge = nodes[task].FirstEdge; edge >= 0; edge = edges[edge].Next)
                blocker[edges[edge].After] = task;
        }

        int at = head[nodes[Array.FindIndex(_waiting, 0, count, static waiting => waiting > 0)].Stream];
        bool[] visited = new bool[count];
        while (!visited[at])
        {
            visited[at] = true;
            at = head[nodes[blocker[at]].Stream];
        }

        int first = at;
        for (int task = head[nodes[blocker[at]].Stream]; task != at; task = head[nodes[blocker[task]].Stream])
            first = Math.Min(first, task);
        ImmutableArray<Wait>.Builder circle = ImmutableArray.CreateBuilder<Wait>();
        int current = first;
        do
        {
            int behind = head[nodes[blocker[current]].Stream];
            circle.Add(new Wait(new TaskId(current), new TaskId(blocker[current]), new TaskId(behind)));
            current = behind;
        }
        while (current != first);
        return circle.ToImmutable();
    }

    /// <summary>
    /// Time each stream spends executing, by stream number; the rest of the makespan it waits.
    /// </summary>
    public static void BusyTicks(TaskGraph graph, Span<long> busy)
    {
        if (busy.Length < graph.StreamCount)
            Throw.SpanTooShort(nameof(busy), busy.Length, graph.StreamCount);
        busy[..graph.StreamCount].Clear();
        foreach (ref readonly TaskGraph.Node node in graph.Nodes)
            busy[node.Stream] += node.Duration;
    }

    /// <summary>
    /// Writes the tasks of a critical path of the last run, last task first, and returns how many there are (at most the length of
    /// <paramref name="path"/>): each starts the moment the one that follows it in the list, with its lag, lets it. Where several
    /// predecessors end together, the one on the same stream is named, else the lowest number. Empty for a deadlocked run.
    /// </summary>
    public int CriticalPath(TaskGraph graph, ReadOnlySpan<long> start, ReadOnlySpan<long> end, Span<TaskId> path)
    {
        int count = graph.TaskCount;
        if (count == 0 || path.Length == 0)
            return 0;
        EnsureScratch(count);
        int[] cause = _ready;
        Array.Fill(cause, -1, 0, count);
        ReadOnlySpan<TaskGraph.Node> nodes = graph.Nodes;
        ReadOnlySpan<TaskGraph.Edge> edges = graph.Edges;
        int last = 0;
        for (int task = count - 1; task >= 0; task--)
        {
            if (end[task] < 0)
                return 0;
            if (end[task] >= end[last])
                last = task;
            for (int edge = nodes[task].FirstEdge; edge >= 0; edge = edges[edge].Next)
            {
                if (end[task] + edges[edge].Lag == start[edges[edge].After])
                    cause[edges[edge].After] = task;
            }
        }

        for (int task = 0; task < count; task++)
        {
            int next = nodes[task].NextOnStream;
            if (next >= 0 && end[task] == start[next])
                cause[next] = task;
        }

        int written = 0;
        for (int task = last; task >= 0 && written < path.Length; task = start[task] == 0 ? -1 : cause[task])
            path[written++] = new TaskId(task);
        return written;
    }

    /// <summary>Runs all that can run; returns how many did. <c>_waiting</c> is left above 0 for those that could not.</summary>
    private int Sweep(TaskGraph graph, Span<long> start, Span<long> end)
    {
        ReadOnlySpan<TaskGraph.Node> nodes = graph.Nodes;
        ReadOnlySpan<TaskGraph.Edge> edges = graph.Edges;
        int count = nodes.Length;
        EnsureScratch(count);
        int[] waiting = _waiting;
        int[] ready = _ready;
        start = start[..count];
        end = end[..count];
        start.Clear();
        int filled = 0;
        for (int task = 0; task < count; task++)
        {
            int predecessors = nodes[task].Predecessors;
            waiting[task] = predecessors;
            if (predecessors == 0)
                ready[filled++] = task;
        }

        // start[] holds the latest release seen so far until the task's last predecessor is done. A sum past the clock means the wrong tick
        // scale and throws rather than wraps.
        int taken = 0;
        while (taken < filled)
        {
            int task = ready[taken++];
            ref readonly TaskGraph.Node node = ref nodes[task];
            long finish = checked(start[task] + node.Duration);
            end[task] = finish;
            int next = node.NextOnStream;
            if (next >= 0)
            {
                if (start[next] < finish)
                    start[next] = finish;
                if (--waiting[next] == 0)
                    ready[filled++] = next;
            }

            for (int index = node.FirstEdge; index >= 0;)
            {
                ref readonly TaskGraph.Edge edge = ref edges[index];
                int after = edge.After;
                long release = checked(finish + edge.Lag);
                if (start[after] < release)
                    start[after] = release;
                if (--waiting[after] == 0)
                    ready[filled++] = after;
                index = edge.Next;
            }
        }

        return taken;
    }

    private void EnsureScratch(int count)
    {
        if (_waiting.Length >= count)
            return;
        int size = Math.Max(count, _waiting.Length * 2);
        _waiting = new int[size];
        _ready = new int[size];
    }
}
