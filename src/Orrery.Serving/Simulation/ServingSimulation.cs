namespace Orrery.Serving;

/// <summary>Runs requests through replicas behind a router. One thread, so the same question has the same bytes on any machine of any width.</summary>
public static class ServingSimulation
{
    /// <summary>Every request of the book at its own time.</summary>
    public static void Run(RequestBook book, Replica[] replicas, Router router)
    {
        ReadOnlySpan<long> arrivals = book.Trace.Arrivals;
        for (int request = 0; request < arrivals.Length; request++)
        {
            long time = arrivals[request];
            if (router.LooksAtReplicas)
            {
                foreach (Replica replica in replicas)
                    replica.AdvanceTo(time);
            }

            Replica chosen = replicas[router.Choose(request, request, replicas)];
            chosen.AdvanceTo(time);
            chosen.Enqueue(request, time);
        }

        foreach (Replica replica in replicas)
            replica.Drain();
    }

    /// <summary>Requests of clients that wait for their answers.</summary>
    public static void Run(Replica[] replicas, ClosedLoop clients)
    {
        for (int client = 0; client < clients.Clients; client++)
            replicas[client % replicas.Length].Enqueue(client, 0);
        foreach (Replica replica in replicas)
            replica.Drain();
    }
}
