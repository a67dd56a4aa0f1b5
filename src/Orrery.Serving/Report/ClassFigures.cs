using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>One class of priority.</summary>
/// <param name="Priority">0 is served first.</param>
/// <param name="Requests">Requests of it that ended.</param>
/// <param name="FirstToken">Mean seconds from sending to the first token, as a client sees it.</param>
/// <param name="FirstTokenP90">What nine of ten stay within.</param>
/// <param name="EndToEnd">Mean seconds until the last.</param>
public sealed record ClassFigures(int Priority, int Requests, double FirstToken, double FirstTokenP90, double EndToEnd)
{
    /// <summary>The classes of a run; none where requests have none.</summary>
    /// <param name="delay">Seconds between the device and the client.</param>
    /// <param name="streamInterval">Tokens that travel together.</param>
    public static ImmutableArray<ClassFigures> Of(RequestBook book, double delay, int streamInterval)
    {
        if (book.Trace.Classes == 1)
            return [];
        ImmutableArray<ClassFigures>.Builder classes = ImmutableArray.CreateBuilder<ClassFigures>();
        List<double> waits = [];
        for (int one = 0; one < book.Trace.Classes; one++)
        {
            waits.Clear();
            double first = 0;
            double end = 0;
            for (int request = 0; request < book.Count; request++)
            {
                if (book.Trace.PriorityOf(request) != one || book.Finishes[request] == RequestBook.Never)
                    continue;
                RequestTimes times = RequestTimes.Of(book, request, delay, streamInterval);
                waits.Add(times.FirstToken);
                first += times.FirstToken;
                end += times.EndToEnd;
            }

            if (waits.Count == 0)
                continue;
            waits.Sort();
            int nine = Math.Min(waits.Count - 1, (int)Math.Ceiling(0.9 * waits.Count) - 1);
            classes.Add(new ClassFigures(one, waits.Count, first / waits.Count, waits[nine], end / waits.Count));
        }

        return classes.ToImmutable();
    }
}
