namespace Orrery.Engine.Tests;

/// <summary>A plain one-forward-one-backward pipeline, stage s computing on stream 2s and sending on stream 2s + 1.</summary>
internal static class Pipelines
{
    public static (TaskGraph Graph, TaskId[] FirstStageForwards) OneForwardOneBackward(int stages, int batches, long forward, long backward, long hop)
    {
        TaskGraph graph = new();
        return (graph, Fill(graph, stages, batches, forward, backward, hop, new TaskId[batches]));
    }

    public static void Fill(TaskGraph graph, int stages, int batches, long forward, long backward, long hop) =>
        Fill(graph, stages, batches, forward, backward, hop, null);

    private static TaskId[] Fill(TaskGraph graph, int stages, int batches, long forward, long backward, long hop, TaskId[]? first)
    {
        // Tasks are numbered by (stage, pass, batch), which the order of adding below follows.
        for (int stage = 0; stage < stages; stage++)
        {
            int warm = Math.Min(stages - stage, batches);
            for (int i = 0; i < warm; i++)
                AddForward(graph, stage, i, forward, first);
            for (int i = 0; i < batches; i++)
            {
                graph.AddTask(new StreamId(stage), backward, kind: 1, label: i);
                if (warm + i < batches)
                    AddForward(graph, stage, warm + i, forward, first);
            }
        }

        for (int stage = 0; stage < stages; stage++)
        {
            for (int i = 0; i < batches; i++)
            {
                if (stage + 1 < stages)
                {
                    graph.AddDependency(Forward(stage, i), Forward(stage + 1, i), hop);
                    graph.AddDependency(Backward(stage + 1, i), Backward(stage, i), hop);
                }
                else
                {
                    graph.AddDependency(Forward(stage, i), Backward(stage, i));
                }
            }
        }

        return first ?? [];

        TaskId Forward(int stage, int batch)
        {
            int warm = Math.Min(stages - stage, batches);
            return new TaskId((stage * 2 * batches) + (batch < warm ? batch : warm + (2 * (batch - warm)) + 1));
        }

        TaskId Backward(int stage, int batch)
        {
            int warm = Math.Min(stages - stage, batches);
            return new TaskId((stage * 2 * batches) + warm + batch + Math.Min(batch, batches - warm));
        }
    }

    private static void AddForward(TaskGraph graph, int stage, int batch, long forward, TaskId[]? first)
    {
        TaskId task = graph.AddTask(new StreamId(stage), forward, kind: 0, label: batch);
        if (first is not null && stage == 0)
            first[batch] = task;
    }
}
