namespace Orrery.Serving;

/// <summary>One measure of all requests that ended, ascending: what a distribution is drawn from.</summary>
public static class SortedTimes
{
    /// <summary>Seconds of each request that has the measure; answers of one token have no time between tokens.</summary>
    public static double[] Of(ServingReport report, Func<RequestTimes, double> measure)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(measure);
        RequestBook book = report.Book;
        double[] values = new double[book.Count];
        int count = 0;
        for (int request = 0; request < book.Count; request++)
        {
            if (book.Finishes[request] == RequestBook.Never)
                continue;
            double value = measure(RequestTimes.Of(book, request, report.ClientDelay, report.Request.Stack.StreamInterval));
            if (!double.IsNaN(value))
                values[count++] = value;
        }

        Array.Resize(ref values, count);
        Array.Sort(values);
        return values;
    }
}
