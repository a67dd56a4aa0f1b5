namespace Orrery.Serving;

/// <content>Requests that come from another engine, or leave for one, with their keys and values.</content>
public sealed partial class Replica
{
    /// <summary>When the engine has something to do next, given what it knows: the begin of an iteration, or the next arrival.</summary>
    /// <returns>The largest time where nothing will happen until another engine or a client acts.</returns>
    public long NextTime
    {
        get
        {
            if (decoding + prefilling.Count > 0 || (waiting.Count + preempted.Count > 0 && !isStuck))
                return Clock;
            long next = Math.Min(pending.NextTime, Math.Min(transfers.NextTime, incoming.NextTime));
            return Math.Max(Clock, next);
        }
    }

    /// <summary>Requests that have come and wait for a place or blocks.</summary>
    public int Queued => pending.Count + waiting.Count + preempted.Count;

    /// <summary>Runs one iteration that begins before <paramref name="limit"/>, or a span of alike ones, or waits for the next arrival.</summary>
    public void StepOnce(long limit)
    {
        if (Step(limit) && options.ChecksInvariants)
            CheckInvariants();
    }

    /// <summary>The keys and values of a request that was received are here at <paramref name="time"/>.</summary>
    public void Arrives(int expected, long time)
    {
        incoming.Add(time, TakeUndated(expected));
    }

    /// <summary>Blocks of a prompt that was handed over are no longer needed at <paramref name="time"/>.</summary>
    public void Leaves(int handed, long time)
    {
        transfers.Add(time, TakeUndated(handed));
    }

    private int TakeUndated(int known) => undated.Remove(known, out int slot)
        ? slot
        : throw new InvalidOperationException($"engine {Number} waits for no transfer of request {known}");

    private void Send(int slot)
    {
        phase[slot] = Leaving;
        long until = flow!.HandOver(this, request[slot], Clock);
        if (until == RequestFlow.Unknown)
            undated.Add(request[slot], slot);
        else
            transfers.Add(until, slot);
    }

    /// <summary>A sequence has a place and blocks, and its keys and values come.</summary>
    private void Receive(int slot)
    {
        long here = flow?.Receive(this, request[slot], Clock) ?? Clock;
        if (here <= Clock)
        {
            Resume(slot);
            return;
        }

        phase[slot] = Coming;
        coming++;
        if (here == RequestFlow.Unknown)
            undated.Add(request[slot], slot);
        else
            incoming.Add(here, slot);
    }

    /// <summary>Keys and values that have come.</summary>
    private void TakeIncoming()
    {
        while (incoming.NextTime <= Clock)
        {
            int slot = incoming.Take(out _);
            coming--;
            if (hostHeld.Length > 0)
                LeaveHost(slot);
            if (worked[slot] == prompt[slot])
            {
                Resume(slot);
                continue;
            }

            // The beginning of a prompt is here; the rest is worked on.
            phase[slot] = Prefilling;
            prefilling.Add(slot);
        }
    }

    /// <summary>Sequences that began in the iteration just run have their first token.</summary>
    private void TakeFirstTokens()
    {
        while (beginning.Count > 0)
        {
            int slot = beginning.Take();
            // One that lost its blocks before begins again with its prompt.
            if (phase[slot] == Decoding && book.FirstTokens[request[slot]] == RequestBook.Never)
                book.First(request[slot], Clock);
        }
    }
}
