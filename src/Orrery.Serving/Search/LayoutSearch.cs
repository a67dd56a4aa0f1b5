using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>
/// Runs the request under every legal layout and takes the best. The chips stand, so the best for them is the best for a dollar too: the highest rate
/// where that is asked for, the most tokens where clients wait for answers, and for requests at times of their own the most that keep the level, then the
/// shortest answers. Then the batch is narrowed by halves and widened by
/// doubles while that helps.
/// </summary>
public static class LayoutSearch
{
    private const double Tolerance = 0.01;

    /// <summary>No batch narrower than this is tried.</summary>
    private const int LeastBatch = 8;

    /// <summary>No batch wider than this is tried.</summary>
    private const int MostBatch = 4096;

    /// <summary>The best layout, and all that were tried, the best first; no layout where none holds the weights.</summary>
    public static (ServingRequest Request, ServingPlan? Plan, ImmutableArray<TriedLayout> Tried) Run(ServingRequest request, ServingContext context)
    {
        List<Diagnostic> problems = [];
        int ranksPerChip = ServingRunner.RanksPerChip(request, problems);
        List<TriedLayout> tried = [];
        if (problems.Count == 0)
        {
            foreach (ServingPlan plan in PlanChoice.Layouts(request, ranksPerChip))
            {
                if (Try(request, plan, context) is { } one)
                    tried.Add(one);
            }
        }

        if (tried.Count == 0)
            return (request, null, []);
        tried.Sort((left, right) => Compare(request, left, right));
        TriedLayout best = tried[0];
        // A batch as wide as the cache allows makes every token slow; one that is too narrow makes first tokens wait.
        for (int batch = best.MaxBatch / 2; request.MaxBatch is null && batch >= LeastBatch && Improve(batch); batch /= 2)
        {
        }

        for (int batch = best.MaxBatch * 2; request.MaxBatch is null && batch <= MostBatch && Improve(batch); batch *= 2)
        {
        }

        return (best.MaxBatch == request.Stack.MaxBatch ? request : request with { MaxBatch = best.MaxBatch }, best.Plan, [.. tried]);

        // False where it is worse, and further that way would be worse still.
        bool Improve(int batch)
        {
            if (Try(request with { MaxBatch = batch }, best.Plan, context) is not { } other || IsBetter(request, best, other))
                return false;
            if (!IsBetter(request, other, best))
                return batch < best.MaxBatch;
            best = other;
            tried.Insert(0, best);
            return true;
        }
    }

    /// <summary>Better by more than two searches for the same rate may differ.</summary>
    private static bool IsBetter(ServingRequest request, TriedLayout left, TriedLayout right) => left.MaximumRate is { } one && right.MaximumRate is { } other
        ? one > other * (1 + Tolerance)
        : left.EndToEnd != right.EndToEnd && Compare(request, left, right) < 0;

    private static TriedLayout? Try(ServingRequest request, ServingPlan plan, ServingContext context)
    {
        if (ServingRunner.Prepare(request, context, [], out _, plan) is not { } job)
            return null;
        double? rate = null;
        if (request.Workload.Rated is { } rated)
        {
            rate = MaximumRateFinder.Find(job, rated, Tolerance).Bracket.Kept;
            job = job.With(rated.At(Math.Max(rate.Value, rated.LeastRate)));
        }

        ServingRun run = job.Run(1);
        double answers = 0;
        for (int one = 0; one < run.Book.Count; one++)
            answers += run.Book.Finishes[one] == RequestBook.Never ? 0 : (run.Book.Finishes[one] - run.Book.Arrivals[one]) / RequestTrace.TicksPerSecond;
        double? attainment = request.ServiceLevel is { } level
            ? AttainmentFinder.Of(level, run, job.Constants[ServingConstant.FirstTokenDelay], request.Stack.StreamInterval).All
            : null;
        return new TriedLayout(plan, request.MaxBatch ?? request.Stack.MaxBatch, rate, attainment, answers / Math.Max(1, run.Book.Finished), run.OutputTokens / run.Duration);
    }

    /// <summary>The better first; of equals the narrower, then the one with fewer shares of experts.</summary>
    private static int Compare(ServingRequest request, TriedLayout left, TriedLayout right)
    {
        int order = (right.MaximumRate ?? 0).CompareTo(left.MaximumRate ?? 0);
        if (order == 0 && request.ServiceLevel is { } level)
            order = Math.Min(level.Share, right.Attainment ?? 0).CompareTo(Math.Min(level.Share, left.Attainment ?? 0));
        if (order == 0 && request.Workload.Clients > 0)
            order = right.OutputTokensPerSecond.CompareTo(left.OutputTokensPerSecond);
        if (order == 0)
            order = left.EndToEnd.CompareTo(right.EndToEnd);
        if (order == 0)
            order = left.Plan.RanksPerReplica.CompareTo(right.Plan.RanksPerReplica);
        return order != 0 ? order : right.MaxBatch.CompareTo(left.MaxBatch);
    }
}
