namespace Orrery.Serving;

/// <content>Engines that look at new requests every few iterations, or hold prompts back (<see cref="AdmissionPace"/>).</content>
public sealed partial class Replica
{
    // Iteration of the last look that prompts brought about, and of the first prompt that is held back.
    private long lookedAt;
    private long heldSince = -1;
    private bool isHeld;

    private bool IsPolling => options.Pace.PollIterations > 1;

    /// <summary>The engine looks at new requests before this iteration.</summary>
    private bool LooksNow => !IsPolling || decoding == 0 || prefilling.Count > 0 || (iteration - lookedAt) % options.Pace.PollIterations == 0;

    /// <summary>Decode iterations of <paramref name="ticks"/> until the engine sees the next request.</summary>
    private long IterationsUntilLook(long ticks)
    {
        if (pending.NextTime == long.MaxValue)
            return long.MaxValue;
        long due = Math.Max(1, (pending.NextTime - Clock + ticks - 1) / ticks);
        long past = (iteration - lookedAt + due) % options.Pace.PollIterations;
        return past == 0 ? due : due + options.Pace.PollIterations - past;
    }

    /// <summary>True where prompts that wait are held back in this iteration.</summary>
    private bool HoldsBack()
    {
        AdmissionPace pace = options.Pace;
        if (pace.HoldIterations == 0)
            return false;
        if (decoding == 0 || prefilling.Count > 0 || waiting.Count + preempted.Count == 0)
        {
            heldSince = -1;
            return false;
        }

        if (heldSince < 0)
            heldSince = iteration;
        // Once they have waited long enough they are tried before every iteration until one is worked on.
        return iteration - heldSince < pace.HoldIterations && waiting.Count < pace.HoldRequests && TokensHeld() < pace.HoldShare * options.TokenBudget;
    }

    private double TokensHeld()
    {
        double tokens = decoding;
        for (int place = 0; place < waiting.Count; place++)
            tokens += book.Trace.Inputs[waiting[place]];
        return tokens;
    }
}
