namespace Orrery.Serving;

/// <summary>
/// Clients that each keep one request in flight: they all begin at time 0, and each sends its next request some time after it has its answer. Clients
/// are dealt to replicas in turn and stay there.
/// </summary>
public sealed class ClosedLoop
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

    /// <summary>The request that the client of a finished one sends, and when; -1 where all have been sent.</summary>
    internal int Next(int replica, long finish, out long arrival)
    {
        arrival = finish + delay;
        int request = next[replica];
        if (request >= requests)
            return -1;
        next[replica] += next.Length;
        return request;
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
