namespace Orrery.Engine.Tests;

/// <summary>
/// A random task graph (some with circles) and the slow, obvious way to run it: an event queue of completions, streams that look at their
/// next task after each. It shares no code with the executor it checks.
/// </summary>
internal sealed class RandomGraph
{
    private readonly List<(int Before, int After, long Lag)> _dependencies = [];

    public TaskGraph Graph { get; } = new();

    public static RandomGraph Create(ref RandomStream random)
    {
        RandomGraph sample = new();
        int tasks = random.NextInt(40);
        int streams = 1 + random.NextInt(6);
        for (int i = 0; i < tasks; i++)
            sample.Graph.AddTask(new StreamId(random.NextInt(streams)), random.NextInt(6));
        int dependencies = tasks == 0 ? 0 : random.NextInt(tasks * 2);
        bool mayCircle = random.NextInt(3) == 0;
        for (int i = 0; i < dependencies; i++)
        {
            int before = random.NextInt(tasks), after = random.NextInt(tasks);
            if (!mayCircle && before >= after)
                continue;
            long lag = random.NextInt(3);
            sample.Graph.AddDependency(new TaskId(before), new TaskId(after), lag);
            sample._dependencies.Add((before, after, lag));
        }

        return sample;
    }

    public (long[] Start, long[] End) ExecuteEventByEvent()
    {
        int count = Graph.TaskCount;
        long[] start = new long[count], end = new long[count];
        Array.Fill(start, -1);
        Array.Fill(end, -1);
        EventQueue<int> queue = new();
        Queue<int>[] waiting = Enumerable.Range(0, Graph.StreamCount).Select(_ => new Queue<int>()).ToArray();
        long[] free = new long[Graph.StreamCount];
        for (int task = 0; task < count; task++)
            waiting[Graph.Stream(new TaskId(task)).Value].Enqueue(task);
        queue.Schedule(0, EventPriority.Decision, -1);
        while (queue.TryTake(out ScheduledEvent<int> now))
        {
            if (now.Payload >= 0)
                end[now.Payload] = now.Time;
            for (int stream = 0; stream < waiting.Length; stream++)
            {
                if (free[stream] > now.Time || waiting[stream].Count == 0)
                    continue;
                int task = waiting[stream].Peek();
                bool allEnded = _dependencies.TrueForAll(d => d.After != task || end[d.Before] >= 0);
                if (!allEnded)
                    continue;
                long release = _dependencies.Where(d => d.After == task).Select(d => end[d.Before] + d.Lag).DefaultIfEmpty(0).Max();
                if (release > now.Time)
                {
                    queue.Schedule(release, EventPriority.Decision, -1);
                    continue;
                }

                waiting[stream].Dequeue();
                start[task] = now.Time;
                free[stream] = now.Time + Graph.Duration(new TaskId(task));
                queue.Schedule(free[stream], EventPriority.Completion, task);
            }
        }

        return (start, end);
    }
}
