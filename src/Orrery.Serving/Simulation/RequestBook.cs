namespace Orrery.Serving;

/// <summary>
/// What happened to each request of a run: state of one simulation, one entry a request in each array, so that a million of them take 32 MB and the
/// loop touches only what it needs.
/// </summary>
public sealed class RequestBook
{
    private readonly RequestTrace trace;
    private readonly long[] arrivals;
    private readonly long[] firstTokens;
    private readonly long[] finishes;

    /// <summary>An instant that has not come.</summary>
    public const long Never = -1;

    /// <summary>The requests of <paramref name="trace"/>, none of them served.</summary>
    /// <param name="waitsForClients">Arrivals are not the trace's: a client sends its next request when it has its answer.</param>
    public RequestBook(RequestTrace trace, bool waitsForClients = false)
    {
        this.trace = trace;
        arrivals = trace.Arrivals.ToArray();
        firstTokens = new long[trace.Count];
        finishes = new long[trace.Count];
        if (waitsForClients)
            Array.Fill(arrivals, Never);
        Array.Fill(firstTokens, Never);
        Array.Fill(finishes, Never);
    }

    public RequestTrace Trace => trace;

    public int Count => arrivals.Length;

    /// <summary>When each request arrived, in ticks; <see cref="Never"/> before it did.</summary>
    public ReadOnlySpan<long> Arrivals => arrivals;

    /// <summary>When the device had each request's first token.</summary>
    public ReadOnlySpan<long> FirstTokens => firstTokens;

    /// <summary>When the device had its last; <see cref="Never"/> for a request that no cache can hold.</summary>
    public ReadOnlySpan<long> Finishes => finishes;

    /// <summary>Requests that ended.</summary>
    public int Finished { get; private set; }

    /// <summary>Requests turned away because no empty cache could hold them.</summary>
    public int Refused { get; private set; }

    /// <summary>Follows the run; null where nobody wants to see it.</summary>
    public RunRecorder? Recorder { get; init; }

    /// <summary>Forgets what happened, so that the same requests can run again in the same arrays.</summary>
    internal void Clear(bool waitsForClients)
    {
        if (waitsForClients)
            Array.Fill(arrivals, Never);
        Array.Fill(firstTokens, Never);
        Array.Fill(finishes, Never);
        Finished = 0;
        Refused = 0;
    }

    internal void Arrive(int request, long time) => arrivals[request] = time;

    internal void Refuse() => Refused++;

    internal void First(int request, long time) => firstTokens[request] = time;

    internal void Finish(int request, long time)
    {
        if (finishes[request] != Never)
            throw new InvalidOperationException($"request {request} ended twice");
        finishes[request] = time;
        Finished++;
    }
}
