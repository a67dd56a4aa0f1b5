using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// Finds the highest rate at which a job keeps its service level and keeps up with its requests, and reports the job at that rate. Every run draws the
/// same requests, only closer together.
/// </summary>
/// <remarks>
/// A rate at which work piles up keeps any level for a while. So a rate counts only where, when the last request arrives, no more than
/// <see cref="MostLate"/> of all requests wait for their first token; and requests that are made up are so many that they last
/// <see cref="Horizons"/> times the longest time a request may take.
/// </remarks>
public static class MaximumRateFinder
{
    /// <summary>Requests made up where nobody says how many, at least.</summary>
    public const int UsualRequests = 20_000;

    /// <summary>The same at most.</summary>
    public const int MostRequests = 300_000;

    /// <summary>Share of all requests that may wait for their first token when the last arrives.</summary>
    public const double MostLate = 0.02;

    /// <summary>What requests last where many jobs are compared, in the longest time one may take.</summary>
    public const double RoughHorizons = 8;

    private const double Horizons = 30;

    /// <summary>A level that nobody asked for is kept by every request.</summary>
    private const double AnyShare = 0.5;

    /// <summary>Searches, then runs <paramref name="request"/> at the rate found; its workload is that of <paramref name="requests"/>.</summary>
    /// <param name="tolerance">A rate that misses lies no further above the answer than this share.</param>
    /// <param name="plan">A layout that was chosen; null to choose the usual one.</param>
    public static ServingOutcome Run(ServingRequest request, RatedRequests requests, ServingContext context, double tolerance = 0.01, ServingPlan? plan = null)
    {
        List<Diagnostic> diagnostics = [];
        if (ServingRunner.Prepare(request, context, diagnostics, out bool isNo, plan) is not { } job)
            return new ServingOutcome(null, [.. diagnostics], isNo);

        (RateBracket found, RatedRequests all, ServingRun alone) = Find(job, requests, tolerance);
        if (found.Kept == 0)
        {
            string limit = LimitOf(job, alone);
            ServingOutcome missed = ServingRunner.Run(job.With(requests.At(requests.LeastRate)), context, hasInterval: true, diagnostics);
            diagnostics.RemoveAll(static one => one.Code == ServingCode.SloMissed);
            diagnostics.Insert(0, Error($"no rate keeps {LevelText(request)}: with requests so far apart that they run alone, {limit}"));
            return missed with { Diagnostics = [.. diagnostics], IsNo = true, MaximumRate = new MaximumRate(null, 0, 0, tolerance, found.Runs, all.Trace.Count, limit) { Unit = requests.Unit } };
        }

        job = job.With(all.At(found.Kept));
        ServingOutcome outcome = ServingRunner.Run(job, context, hasInterval: true, diagnostics);
        double factor = EightyPercentInterval.Factor(outcome.Report!.Sigma);
        RateBracket slow = Search(job, all, factor, found.Kept / factor, tolerance);
        RateBracket fast = Search(job, all, 1 / factor, found.Kept * factor, tolerance);
        string next = double.IsFinite(found.Missed) ? LimitOf(job, job.With(all.At(found.Missed)).Run(1)) : "";
        if (next.Length == 0)
            diagnostics.Add(new Diagnostic(Severity.Warning, ServingCode.NoHighestRate, "--rate", 0, 0, string.Create(CultureInfo.InvariantCulture, $"{all.Trace.Count:#,0} request{(all.Trace.Count == 1 ? " is" : "s are")} too few to find a rate that is missed; more --requests would")));
        else if (requests.Longer is null && outcome.Report.Duration.Value < RoughHorizons * outcome.Report.EndToEnd.Mean)
            diagnostics.Add(new Diagnostic(Severity.Warning, ServingCode.NoHighestRate, "--rate", 0, 0, string.Create(CultureInfo.InvariantCulture, $"{all.Trace.Count:#,0} requests are over in {outcome.Report.Duration.Value / outcome.Report.EndToEnd.Mean:0.#} times as long as one takes, so engines are not full for long and the rate may be too high; more --requests would tell")));
        return outcome with
        {
            Diagnostics = [.. diagnostics],
            MaximumRate = new MaximumRate(found.Kept, Math.Min(slow.Kept, found.Kept), Math.Max(fast.Kept, found.Kept), tolerance, found.Runs + slow.Runs + fast.Runs, all.Trace.Count, next) { Unit = requests.Unit },
        };
    }

    /// <summary>The highest rate of a job, the requests it was found with, and a run of them nearly alone; nothing is reported.</summary>
    /// <param name="rough">Many jobs are compared: fewer requests, so that they last <see cref="RoughHorizons"/> times the longest time one may take.</param>
    public static (RateBracket Bracket, RatedRequests Requests, ServingRun Alone) Find(PreparedJob job, RatedRequests requests, double tolerance, bool rough = false)
    {
        // With so much time between them nearly every request is alone: who misses the level there always does.
        ServingRun alone = job.With(requests.At(requests.LeastRate)).Run(1);
        double flood = Rate(job.With(requests.At(RateSearch.Highest)).Run(1));
        RatedRequests all = Lengthened(job, requests, alone, flood, rough);
        RateBracket bracket = Kept(job, alone) < ShareOf(job.Request) ? new RateBracket(0, requests.LeastRate, 0) : Search(job, all, 1, flood, tolerance);
        return (bracket with { Runs = bracket.Runs + 2 }, all, alone);
    }

    /// <summary>The highest rate of a job, every iteration <paramref name="scale"/> times as long; nothing is reported.</summary>
    public static RateBracket Search(PreparedJob job, RatedRequests requests, double scale, double start, double tolerance)
    {
        RateSearch search = new() { Tolerance = tolerance, Least = requests.LeastRate };
        return search.Find(rate => Kept(job, job.With(requests.At(rate)).Run(scale)), ShareOf(job.Request), start);
    }

    /// <summary>Share of the requests that keep the level; 0 where work piles up.</summary>
    public static double Kept(PreparedJob job, ServingRun run) => Late(run) > MostLate ? 0 : AttainmentOf(job, run)?.All ?? 1;

    private static double ShareOf(ServingRequest request) => request.ServiceLevel?.Share ?? AnyShare;

    private static ServiceAttainment? AttainmentOf(PreparedJob job, ServingRun run) => job.Request.ServiceLevel is { } level
        ? AttainmentFinder.Of(level, run, job.Constants[ServingConstant.FirstTokenDelay], job.Request.Stack.StreamInterval)
        : null;

    private static double Rate(ServingRun run) => Math.Max(run.Book.Finished, 1) / run.Duration;

    /// <summary>Share of the requests that are there but have no first token when the last one arrives, that one apart; turns still to come are not there.</summary>
    private static double Late(ServingRun run)
    {
        RequestBook book = run.Book;
        long last = book.Trace.Arrivals[^1];
        int late = -1;
        for (int request = 0; request < book.Count; request++)
            late += book.FirstTokens[request] > last && book.Arrivals[request] <= last ? 1 : 0;
        return (double)Math.Max(0, late) / book.Count;
    }

    private static string LimitOf(PreparedJob job, ServingRun run)
    {
        if (AttainmentOf(job, run) is { Limit: { Length: > 0 } limit })
            return limit;
        double late = Late(run);
        return late > MostLate
            ? string.Create(CultureInfo.InvariantCulture, $"work piles up: {late * 100:0.#} % of the requests have no first token when the last arrives; {AttainmentFinder.WaitingFor(run)}")
            : "";
    }

    /// <summary>More requests of the same kind where they would be over before the engines fill.</summary>
    private static RatedRequests Lengthened(PreparedJob job, RatedRequests requests, ServingRun alone, double flood, bool rough)
    {
        if (requests.Longer is not { } longer)
            return requests;
        double answer = 0;
        for (int request = 0; request < alone.Book.Count; request++)
            answer += alone.Book.Finishes[request] == RequestBook.Never ? 0 : alone.Book.Finishes[request] - alone.Book.Arrivals[request];
        answer /= Math.Max(1, alone.Book.Finished) * RequestTrace.TicksPerSecond;
        ServiceLevel? level = job.Request.ServiceLevel;
        double horizon = Math.Max(answer, Math.Max(level?.FirstToken?.Value ?? 0, level?.EndToEnd?.Value ?? 0));
        // Few horizons have to be whole ones: answers as slow as the level lets them be.
        if (rough && level?.PerToken is { } slowest)
            horizon = Math.Max(horizon, slowest.Value * requests.Trace.TotalOutput / Math.Max(1, requests.Trace.Count));
        int count = (int)Math.Clamp((rough ? RoughHorizons : Horizons) * horizon * flood, rough ? requests.Trace.Count : UsualRequests, MostRequests);
        return count <= requests.Trace.Count ? requests : requests with { Trace = longer(count) };
    }

    private static string LevelText(ServingRequest request)
    {
        if (request.ServiceLevel is not { } level)
            return "up with the requests";
        ImmutableArray<string>.Builder parts = ImmutableArray.CreateBuilder<string>();
        Add("ttft", level.FirstToken);
        Add("tpot", level.PerToken);
        Add("e2e", level.EndToEnd);
        return string.Create(CultureInfo.InvariantCulture, $"{string.Join(",", parts)} for {level.Share * 100:0.##} % of the requests");

        void Add(string name, Seconds? limit)
        {
            if (limit is { } most)
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={(most.Value >= 1 ? most.Value : most.Value * 1e3):0.####}{(most.Value >= 1 ? "s" : "ms")}"));
        }
    }

    private static Diagnostic Error(string message) => new(Severity.Error, ServingCode.SloMissed, "--slo", 0, 0, message);
}
