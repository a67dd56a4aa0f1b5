using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>
/// Finds how chips are best split into a pool of prompts and one of answers, or whether they are best not split: by the highest rate that keeps the
/// service level.
/// </summary>
/// <remarks>
/// A pool of prompts that grows serves more until the pool of answers is too small, so the best split of given widths is found between its neighbours:
/// splits spread over the chips first, then halves of the distance. Every width of a replica that is left open is tried from the narrowest that holds the
/// weights to twice and four times it; undivided engines with narrower chunks too, as those disturb answers less.
/// Splits are compared on fewer requests than the best is then told on.
/// </remarks>
public static class SplitSearch
{
    /// <summary>Requests on which splits are compared at least, where more can be made up.</summary>
    public const int ComparedRequests = 3_000;

    /// <summary>Rates of splits are known to within this share.</summary>
    public const double Tolerance = 0.02;

    private const int Spread = 6;

    private static readonly ImmutableArray<int> Widenings = [1, 2, 4];

    private static readonly ImmutableArray<int> Narrowings = [1, 4, 16];

    /// <summary>The request as it is best split, and all that was tried, the best first; null where nothing can be laid out.</summary>
    /// <param name="request">A request for two pools of one system; the chips of each are set here.</param>
    /// <param name="undivided">The same chips without pools.</param>
    /// <param name="rated">Its requests.</param>
    public static (ServingRequest? Best, ImmutableArray<TriedSplit> Tried) Run(ServingRequest request, ServingRequest undivided, RatedRequests rated, ServingContext context)
    {
        RatedRequests compared = Fewer(rated);
        List<(TriedSplit Split, ServingRequest Request)> tried = [];
        foreach (int tensor in TensorsOf(undivided))
        {
            foreach (int narrowing in undivided.TokenBudget is null ? Narrowings : [1])
            {
                int budget = Math.Max(1, (undivided.TokenBudget ?? undivided.Stack.TokenBudget) / narrowing);
                ServingRequest one = undivided with { TensorParallel = tensor, TokenBudget = budget };
                if (Rate(one) is { } rate)
                    tried.Add((new TriedSplit(0, undivided.Chips, 0, tensor, budget, rate), one));
                // Compiled engines work on whole prompts, whatever the budget.
                if (undivided.Stack.IsCompiled)
                    break;
            }
        }

        PoolPair pools = request.Pools!;
        ServingRequest prompts = pools.Prompts with { Chips = request.Chips, IsPart = true };
        ServingRequest answers = pools.Answers with { Chips = request.Chips, IsPart = true };
        foreach (int promptTensor in TensorsOf(prompts))
        {
            foreach (int answerTensor in TensorsOf(answers))
                Split(promptTensor, answerTensor);
        }

        // Of equals the one with fewer pools, then that with wider decode: stable, so the order tried decides the rest.
        (TriedSplit Split, ServingRequest Request)[] sorted = [.. tried.OrderByDescending(static one => one.Split.MaximumRate)];
        return (sorted.Length > 0 ? sorted[0].Request : null, [.. sorted.Select(static one => one.Split)]);

        double? Rate(ServingRequest one) => RateOf(one, compared, context);

        void Split(int promptTensor, int answerTensor)
        {
            int unit = ChipsOf(prompts, promptTensor);
            int other = ChipsOf(answers, answerTensor);
            int most = (request.Chips - other) / unit;
            // Splits that leave no chip over, where there are any.
            int[] counts = [.. Enumerable.Range(1, Math.Max(0, most)).Where(count => (request.Chips - (count * unit)) % other == 0)];
            if (counts.Length == 0)
                counts = [.. Enumerable.Range(1, Math.Max(0, most))];
            if (counts.Length == 0)
                return;
            Climb(counts.Length, place =>
            {
                int chips = counts[place] * unit;
                ServingRequest one = With(request, chips, promptTensor, answerTensor);
                double rate = Rate(one) ?? 0;
                tried.Add((new TriedSplit(chips, request.Chips - chips, promptTensor, answerTensor, one.Pools!.Prompts.TokenBudget ?? one.Pools.Prompts.Stack.TokenBudget, rate), one));
                return rate;
            });
        }
    }

    /// <summary>Looks for the largest of <paramref name="count"/> values that rise and then fall: some spread over all, then on both sides of the best, ever nearer.</summary>
    internal static void Climb(int count, Func<int, double> value)
    {
        Dictionary<int, double> values = [];
        int best = 0;
        int step = Math.Max(1, count / Spread);
        for (int place = step / 2; place < count; place += step)
            Try(place);
        while (step > 1)
        {
            step = (step + 1) / 2;
            int centre = best;
            Try(centre - step);
            Try(centre + step);
        }

        void Try(int place)
        {
            if (place < 0 || place >= count || values.ContainsKey(place))
                return;
            double found = value(place);
            values.Add(place, found);
            if (values.Count == 1 || found > values[best])
                best = place;
        }
    }

    /// <summary>As many requests as ways to lay them out are compared on.</summary>
    internal static RatedRequests Fewer(RatedRequests rated) =>
        rated with { Trace = rated.Longer is { } made && rated.Trace.Count != ComparedRequests ? made(ComparedRequests) : rated.Trace };

    /// <summary>The highest rate of a request; null where it cannot be laid out.</summary>
    internal static double? RateOf(ServingRequest request, RatedRequests rated, ServingContext context) =>
        ServingRunner.Prepare(request with { Workload = rated.At(rated.NaturalRate) }, context, [], out _) is { } job
            ? MaximumRateFinder.Find(job, rated, Tolerance, rough: true).Bracket.Kept
            : null;

    /// <summary>The request with so many chips for prompts, and these widths.</summary>
    private static ServingRequest With(ServingRequest request, int promptChips, int promptTensor, int answerTensor)
    {
        PoolPair pools = request.Pools!;
        return request with
        {
            Pools = pools with
            {
                Prompts = pools.Prompts with { Chips = promptChips, TensorParallel = promptTensor },
                Answers = pools.Answers with { Chips = request.Chips - promptChips, TensorParallel = answerTensor },
            },
        };
    }

    /// <summary>The width asked for, or the usual one and wider ones inside the scale-up domain; none where nothing holds the weights.</summary>
    internal static List<int> TensorsOf(ServingRequest pool)
    {
        int ranksPerChip = ServingRunner.RanksPerChip(pool, []);
        if (PlanChoice.Of(pool, ranksPerChip).Plan is not { } usual)
            return [];
        if (pool.TensorParallel is { } asked)
            return [asked];
        List<int> widths = [];
        foreach (int times in Widenings)
        {
            int width = usual.TensorParallel * times;
            if (width <= Math.Min(pool.Chips, pool.System.ChipsPerScaleUpDomain) * ranksPerChip && PlanChoice.Of(pool with { TensorParallel = width }, ranksPerChip).Plan is not null)
                widths.Add(width);
        }

        return widths;
    }

    /// <summary>Chips of one replica.</summary>
    internal static int ChipsOf(ServingRequest pool, int tensor)
    {
        int ranksPerChip = ServingRunner.RanksPerChip(pool, []);
        int ranks = PlanChoice.Of(pool with { TensorParallel = tensor }, ranksPerChip).Plan?.RanksPerReplica ?? tensor;
        return Math.Max(1, (ranks + ranksPerChip - 1) / ranksPerChip);
    }
}
