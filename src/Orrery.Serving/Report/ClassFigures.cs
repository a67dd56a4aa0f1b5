using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>One class of priority.</summary>
/// <param name="Priority">0 is served first.</param>
/// <param name="Requests">Requests of it that ended.</param>
/// <param name="FirstToken">Mean seconds from arrival until the device had the first token.</param>
/// <param name="FirstTokenP90">What nine of ten stay within.</param>
/// <param name="EndToEnd">Mean seconds until it had the last.</param>
public sealed record ClassFigures(int Priority, int Requests, double FirstToken, double FirstTokenP90, double EndToEnd)
{
    /// <summary>The classes of a run; none where requests have none.</summary>
    public static ImmutableArray<ClassFigures> Of(RequestBook book)
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
                double wait = (book.FirstTokens[request] - book.Arrivals[request]) / RequestTrace.TicksPerSecond;
                waits.Add(wait);
                first += wait;
                end += (book.Finishes[request] - book.Arrivals[request]) / RequestTrace.TicksPerSecond;
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
