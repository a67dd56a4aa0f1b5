using System.Collections.Immutable;
using Orrery.Engine;

namespace Orrery.Interchange;

/// <summary>Finds why a program that stopped cannot go on.</summary>
internal static class ReplayDeadlock
{
    /// <summary>
    /// Tasks that wait in a circle, each for the next. What is left over becomes a task graph, a collective as a task between the coming of its members and
    /// their going on; the engine names the circle.
    /// </summary>
    public static ImmutableArray<int> Find(ReplayProgram program, ReadOnlySpan<long> end)
    {
        TaskGraph graph = new();
        TaskId[] comes = new TaskId[program.TaskCount], goes = new TaskId[program.TaskCount];
        TaskId[] joints = new TaskId[program.JointCount];
        int streams = 0;
        bool[] isJoint = new bool[program.JointCount];
        for (int task = 0; task < program.TaskCount; task++)
        {
            if (end[task] >= 0)
                continue;
            comes[task] = graph.AddTask(new StreamId(streams++), 1, label: task);
            goes[task] = comes[task];
            int joint = program.Joint[task];
            if (joint < 0)
                continue;
            if (!isJoint[joint])
                joints[joint] = graph.AddTask(new StreamId(streams++), 1, label: -1);
            isJoint[joint] = true;
            goes[task] = graph.AddTask(new StreamId(streams++), 1, label: task);
            graph.AddDependency(comes[task], joints[joint]);
            graph.AddDependency(joints[joint], goes[task]);
        }

        for (int task = 0; task < program.TaskCount; task++)
        {
            for (int at = program.ParentStart[task]; at < program.ParentStart[task + 1] && end[task] < 0; at++)
            {
                int parent = program.Parents[at];
                if (end[parent] < 0)
                    graph.AddDependency(goes[parent], comes[task]);
            }
        }

        ImmutableArray<int>.Builder circle = ImmutableArray.CreateBuilder<int>();
        foreach (Wait wait in new TaskGraphRun().FindDeadlock(graph))
        {
            int task = graph.Labels(wait.Task).Label;
            if (task >= 0 && (circle.Count == 0 || circle[^1] != task))
                circle.Add(task);
        }

        if (circle.Count > 1 && circle[0] == circle[^1])
            circle.RemoveAt(circle.Count - 1);
        // From the lowest task, so that the words do not depend on where the engine began.
        int first = 0;
        for (int index = 1; index < circle.Count; index++)
            first = circle[index] < circle[first] ? index : first;
        return [.. circle.Skip(first), .. circle.Take(first)];
    }
}
