using System.Globalization;

namespace Orrery.Serving;

/// <summary>Counts who keeps a service level, and names the limit that is missed most.</summary>
public static class AttainmentFinder
{
    private const string Remedies = "wider --tp, a narrower --precision or another system";

    /// <summary>How <paramref name="run"/> kept <paramref name="level"/>.</summary>
    /// <param name="delay">Seconds between the device and the client.</param>
    /// <param name="streamInterval">Tokens that travel together.</param>
    public static ServiceAttainment Of(ServiceLevel level, ServingRun run, double delay, int streamInterval)
    {
        RequestBook book = run.Book;
        int keepAll = 0;
        int keepFirst = 0;
        int keepEach = 0;
        int keepEnd = 0;
        double fastest = double.PositiveInfinity;
        double shortest = double.PositiveInfinity;
        for (int one = 0; one < book.Count; one++)
        {
            if (book.Finishes[one] == RequestBook.Never)
                continue;
            RequestTimes times = RequestTimes.Of(book, one, delay, streamInterval);
            fastest = Math.Min(fastest, times.FirstToken);
            shortest = Math.Min(shortest, times.EndToEnd);
            bool first = level.FirstToken is not { } most || times.FirstToken <= most.Value;
            // An answer of one token has no time between tokens to miss.
            bool each = level.PerToken is not { } mostEach || !(times.PerToken > mostEach.Value);
            bool end = level.EndToEnd is not { } mostEnd || times.EndToEnd <= mostEnd.Value;
            keepFirst += first ? 1 : 0;
            keepEach += each ? 1 : 0;
            keepEnd += end ? 1 : 0;
            keepAll += first && each && end ? 1 : 0;
        }

        double count = Math.Max(1, book.Count);
        double? ofFirst = level.FirstToken is null ? null : keepFirst / count;
        double? ofEach = level.PerToken is null ? null : keepEach / count;
        double? ofEnd = level.EndToEnd is null ? null : keepEnd / count;
        string limit = "";
        if (keepAll / count < level.Share)
        {
            double worst = Math.Min(ofFirst ?? 1, Math.Min(ofEach ?? 1, ofEnd ?? 1));
            limit = ofEach == worst ? EachLimit(level, worst, run)
                : ofFirst == worst ? FirstLimit(level, worst, fastest, run, delay, streamInterval)
                : EndLimit(level, worst, shortest, run, delay, streamInterval);
        }

        return new ServiceAttainment(keepAll / count, ofFirst, ofEach, ofEnd, limit);
    }

    /// <summary>What requests that have not begun wait for.</summary>
    public static string WaitingFor(ServingRun run)
    {
        if (run.Pools is { } pools)
            return $"in the pool of prompts {WaitingFor(pools.Prompts)}";
        (long cache, long batch) = Waiting(run);
        return cache == 0 && batch == 0 ? "prompts wait for one another"
            : cache >= batch ? "requests wait for room in the cache" : "requests wait for a place in the batch (--max-batch)";
    }

    private static string EachLimit(ServiceLevel level, double share, ServingRun run)
    {
        double alone = run.Cost.Decode(1, 1).Total / run.Cost.TokensPerIteration;
        double most = level.PerToken!.Value.Value;
        return $"tpot: {Kept(share, most)}; " + (alone > most
            ? $"one sequence alone takes {Text(alone)} a token, so no load keeps it: {Remedies}"
            : "a smaller --max-batch or --chunk, or more --replicas, would help");
    }

    private static string FirstLimit(ServiceLevel level, double share, double fastest, ServingRun run, double delay, int streamInterval)
    {
        double most = level.FirstToken!.Value.Value;
        string head = $"ttft: {Kept(share, most)}; {(fastest > most ? $"even the fastest takes {Text(fastest)}; " : "")}";
        if (IsAloneKnown(run) && AloneTimes.Of(level, run, delay, streamInterval) is { } alone && alone.FirstToken < level.Share)
            return $"{head}on idle engines {Percent(alone.FirstToken)} would, a prompt alone takes {Text(alone.TypicalFirstToken)} on average, so no load keeps it: shorter prompts, {Remedies}";
        return $"{head}{WaitingFor(run)}: {Sooner(run)}";
    }

    private static string EndLimit(ServiceLevel level, double share, double shortest, ServingRun run, double delay, int streamInterval)
    {
        double most = level.EndToEnd!.Value.Value;
        string head = $"e2e: {Kept(share, most)}; {(shortest > most ? $"even the shortest takes {Text(shortest)}; " : "")}";
        if (IsAloneKnown(run) && AloneTimes.Of(level, run, delay, streamInterval) is { } alone && alone.EndToEnd < level.Share)
            return $"{head}on idle engines {Percent(alone.EndToEnd)} would, a request alone takes {Text(alone.TypicalEndToEnd)} on average, so no load keeps it: shorter answers, {Remedies}";
        double first = 0;
        double all = 0;
        RequestBook book = run.Book;
        for (int one = 0; one < book.Count; one++)
        {
            if (book.Finishes[one] == RequestBook.Never)
                continue;
            first += book.FirstTokens[one] - book.Arrivals[one];
            all += book.Finishes[one] - book.Arrivals[one];
        }

        return head + (first > 0.5 * all
            ? $"most of it is before the first token, where {WaitingFor(run)}: {Sooner(run)}"
            : "most of it is after the first token: a smaller --max-batch or --chunk, or more --replicas, would help");
    }

    /// <summary>Prompts that are found in a cache take less than they would alone, and those of a pool are worked on elsewhere.</summary>
    private static bool IsAloneKnown(ServingRun run)
    {
        foreach (Replica engine in run.Engines)
        {
            if (engine.Statistics.PrefixTokens > 0)
                return false;
        }

        return run.Pools is null;
    }

    /// <summary>What would let requests begin sooner.</summary>
    private static string Sooner(ServingRun run)
    {
        (long cache, long batch) = Waiting(run.Pools?.Prompts ?? run);
        return cache == 0 && batch == 0 ? "more --replicas or chips, or fewer requests"
            : cache >= batch ? "more chips, wider --tp, --kv-precision fp8 or fewer requests" : "a larger --max-batch, more --replicas or fewer requests";
    }

    /// <summary>Ticks that requests wait for room in the cache and for places in the batch, all engines.</summary>
    private static (long Cache, long Batch) Waiting(ServingRun run)
    {
        long cache = 0;
        long batch = 0;
        foreach (Replica engine in run.Engines)
        {
            cache += engine.Statistics.WaitingForCache;
            batch += engine.Statistics.WaitingForBatch;
        }

        return (cache, batch);
    }

    private static string Kept(double share, double most) => $"{Percent(share)} of the requests keep {Text(most)}";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    private static string Text(double seconds) => seconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:G4} s")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:G4} ms");
}
