namespace Orrery.Serving;

/// <summary>Where requests of a run come from, one after another in order of time: at times of their own, from clients that wait, or as turns of conversations.</summary>
internal sealed class RequestSource
{
    private readonly RequestTrace trace;
    private readonly ConversationLinks? turns;
    private readonly int clients;
    private readonly long delay;
    private readonly ArrivalHeap known = new();
    private int next;

    /// <summary>The requests of <paramref name="trace"/>.</summary>
    /// <param name="clients">Requests, or conversations, kept in flight; 0 where they come by themselves.</param>
    /// <param name="delay">Ticks from an answer to the next request of its client.</param>
    public RequestSource(RequestTrace trace, int clients, long delay)
    {
        this.trace = trace;
        this.clients = clients;
        this.delay = delay;
        turns = trace.Conversations;
        for (int client = 0; client < Math.Max(clients, 1); client++)
            BeginNext(0);
    }

    /// <summary>Answers decide when requests come.</summary>
    public bool Waits => clients > 0 || turns is not null;

    /// <summary>When the next request comes, as far as is known; the largest time where none will.</summary>
    public long NextTime => known.NextTime;

    /// <summary>Takes the next request.</summary>
    public int Take()
    {
        int request = known.Take(out _);
        // Those that come by themselves are known one ahead.
        if (clients == 0 && turns?.IsFollowUp(request) is not true)
            BeginNext(0);
        return request;
    }

    /// <summary>A request was answered, or turned away, at <paramref name="time"/>.</summary>
    public void Answered(int request, long time)
    {
        int turn = turns?.Next(request) ?? -1;
        if (turn >= 0)
            known.Add(Math.Max(clients > 0 ? 0 : trace.Arrivals[turn], time + turns!.Pause(turn)), turn);
        else if (clients > 0)
            BeginNext(time + delay);
    }

    private void BeginNext(long time)
    {
        while (next < trace.Count && turns?.IsFollowUp(next) is true)
            next++;
        if (next >= trace.Count)
            return;
        known.Add(clients > 0 ? time : trace.Arrivals[next], next);
        next++;
    }
}
