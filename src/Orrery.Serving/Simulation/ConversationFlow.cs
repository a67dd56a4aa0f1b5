namespace Orrery.Serving;

/// <summary>
/// Turns of conversations: each arrives at its own time, or some time after the answer to the turn before where that is later. Conversations begin by
/// themselves, or so many at once, the next where one has ended.
/// </summary>
/// <remarks>
/// An engine's answer decides when a request arrives that may go to another engine, so engines advance together: the one that has something to do first runs on
/// until another would have, or a request arrives. What is known to arrive is then all that will arrive until then.
/// </remarks>
public sealed class ConversationFlow : RequestFlow
{
    private readonly RequestTrace trace;
    private readonly ConversationLinks turns;
    private readonly int clients;
    private readonly long delay;
    private readonly ArrivalHeap arrivals = new();
    private int next;

    /// <summary>The conversations of a trace.</summary>
    /// <param name="clients">People who each have one conversation at a time; 0 where conversations begin by themselves.</param>
    /// <param name="delay">Ticks from the last answer of one to the first prompt of the next.</param>
    public ConversationFlow(RequestTrace trace, int clients, long delay)
    {
        ArgumentNullException.ThrowIfNull(trace);
        this.trace = trace;
        turns = trace.Conversations ?? throw new ArgumentException("the trace has no conversations", nameof(trace));
        this.clients = clients;
        this.delay = delay;
    }

    /// <summary>Runs all conversations through <paramref name="replicas"/>, whose flow this is.</summary>
    public void Run(Replica[] replicas, Router router)
    {
        for (int client = 0; client < clients; client++)
            BeginNext(0);
        if (clients == 0)
            BeginNext(0);
        int dealt = 0;
        while (true)
        {
            long arrival = arrivals.NextTime;
            Replica? first = null;
            long time = arrival;
            long second = arrival;
            foreach (Replica replica in replicas)
            {
                long begin = replica.NextTime;
                if (begin < time)
                    (first, time, second) = (replica, begin, time);
                else if (begin < second)
                    second = begin;
            }

            if (first is not null)
            {
                first.StepOnce(Math.Max(second, time + 1));
                continue;
            }

            if (arrival == long.MaxValue)
                return;
            int request = arrivals.Take(out _);
            replicas[router.Choose(request, dealt++, replicas)].Enqueue(request, arrival);
            // Those that begin by themselves are known one ahead: the heap holds them and those who think.
            if (clients == 0 && !turns.IsFollowUp(request))
                BeginNext(0);
        }
    }

    /// <inheritdoc/>
    public override void Ended(Replica engine, int request, long time) => GoOn(request, time);

    /// <inheritdoc/>
    public override void Refused(Replica engine, int request, long time) => GoOn(request, time);

    private void GoOn(int request, long answered)
    {
        int turn = turns.Next(request);
        if (turn >= 0)
            arrivals.Add(Math.Max(clients > 0 ? 0 : trace.Arrivals[turn], answered + turns.Pause(turn)), turn);
        else if (clients > 0)
            BeginNext(answered + delay);
    }

    /// <summary>The next conversation begins at <paramref name="time"/>, or at its own time where that is later.</summary>
    private void BeginNext(long time)
    {
        while (next < trace.Count && turns.IsFollowUp(next))
            next++;
        if (next < trace.Count)
        {
            arrivals.Add(clients > 0 ? time : trace.Arrivals[next], next);
            next++;
        }
    }
}
