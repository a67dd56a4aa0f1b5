namespace Orrery.Serving;

/// <summary>How many requests came by themselves, and whether the engines kept up with them.</summary>
/// <param name="RequestsPerSecond">Requests over the time from the first to the last arrival.</param>
/// <param name="PilesUp">They came faster than they were served: the queue grew as long as they came.</param>
public readonly record struct OfferedLoad(double RequestsPerSecond, bool PilesUp)
{
    /// <summary>Share of the requests that wait for their first token when the last arrives, from which on work may be piling up.</summary>
    private const double MostLate = 0.1;

    /// <summary>How much longer the last quarter of the requests waits than the first where it does.</summary>
    private const double Growth = 2;

    /// <summary>The load of a run; null where requests wait for answers before them, or all come at once.</summary>
    public static OfferedLoad? Of(ServingWorkload workload, RequestBook book)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(book);
        int count = book.Count;
        if (workload.Clients > 0 || workload.Trace.Conversations is not null || count < 2 || book.Arrivals[^1] <= 0)
            return null;
        long last = book.Arrivals[^1];
        int late = 0;
        double first = 0;
        double final = 0;
        int quarter = Math.Max(1, count / 4);
        for (int request = 0; request < count; request++)
        {
            if (book.Finishes[request] == RequestBook.Never)
                continue;
            late += book.FirstTokens[request] > last ? 1 : 0;
            double waited = book.FirstTokens[request] - book.Arrivals[request];
            first += request < quarter ? waited : 0;
            final += request >= count - quarter ? waited : 0;
        }

        return new OfferedLoad((count - 1) / (last / RequestTrace.TicksPerSecond), late > MostLate * count && final > Growth * first);
    }
}
