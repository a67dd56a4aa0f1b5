namespace Orrery.Serving;

/// <summary>
/// Clients that each keep one request in flight: they all begin at time 0, and each sends its next request some time after it has its answer. Clients
/// are dealt to replicas in turn and stay there.
/// </summary>
public sealed class ClosedLoop : RequestFlow
{
    private readonly int[] next;
    private readonly int requests;
    private readonly long delay;

    /// <summary>Clients that send so many requests in all.</summary>
    /// <param name="delay">Ticks from an answer's last token to the next request.</param>
    public ClosedLoop(int clients, int requests, int replicas, long delay)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clients);
        Clients = Math.Min(clients, requests);
        this.requests = requests;
        this.delay = delay;
        next = new int[replicas];
        for (int replica = 0; replica < replicas; replica++)
            next[replica] = FirstOf(replica, replicas);
    }

    /// <summary>Requests in flight.</summary>
    public int Clients { get; }

    /// <inheritdoc/>
    public override void Ended(Replica engine, int request, long time) => SendNext(engine, time);

    /// <inheritdoc/>
    public override void Refused(Replica engine, int request, long time) => SendNext(engine, time);

    private void SendNext(Replica engine, long answered)
    {
        int request = next[engine.Number];
        if (request >= requests)
            return;
        next[engine.Number] += next.Length;
        engine.Enqueue(request, answered + delay);
    }

    /// <summary>The first request of a replica that no client sends at the start.</summary>
    private int FirstOf(int replica, int replicas)
    {
        int request = replica;
        while (request < Clients)
            request += replicas;
        return request;
    }
}
