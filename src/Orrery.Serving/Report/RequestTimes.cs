namespace Orrery.Serving;

/// <summary>What a client of one request sees, from the instants of the book.</summary>
/// <param name="FirstToken">From sending to the first token, in seconds.</param>
/// <param name="PerToken">Mean time between tokens after the first; not-a-number for answers of one token.</param>
/// <param name="EndToEnd">From sending to the last token.</param>
public readonly record struct RequestTimes(double FirstToken, double PerToken, double EndToEnd)
{
    /// <summary>The times of a finished request.</summary>
    /// <param name="delay">Seconds between the device and the client, on each token alike.</param>
    /// <param name="streamInterval">Tokens that travel together: the first waits for the others.</param>
    public static RequestTimes Of(RequestBook book, int request, double delay, int streamInterval)
    {
        long arrival = book.Arrivals[request];
        int tokens = book.Trace.Outputs[request];
        double first = (book.FirstTokens[request] - arrival) / RequestTrace.TicksPerSecond;
        double last = (book.Finishes[request] - arrival) / RequestTrace.TicksPerSecond;
        double each = tokens > 1 ? (last - first) / (tokens - 1) : double.NaN;
        double held = tokens > 1 ? Math.Min(streamInterval - 1, tokens - 1) * each : 0;
        return new RequestTimes(first + held + delay, each, last + delay);
    }
}
