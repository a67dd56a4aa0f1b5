using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>
/// Compares a mix of two systems with each alone when neither's iterations are known exactly: each system's are faster or slower by a factor of its own, the
/// same in the mix as alone, and the two factors know nothing of one another.
/// </summary>
/// <remarks>
/// Highest rates are searched at the middle and at <see cref="Reach"/> standard deviations on either side of each factor, taken in straight lines between, and
/// as at the ends beyond. Layouts stay those that are best as predicted.
/// </remarks>
public static class MixDoubt
{
    /// <summary>How far out rates are searched, in standard deviations.</summary>
    public const double Reach = 1.5;

    private const int Nodes = 3;
    private const double Step = 0.15;
    private const int Half = 20;

    /// <summary>The odds of <paramref name="mix"/> against the fleets of its two systems alone.</summary>
    public static MixOdds Of(MixedFleet mix, MixedFleet prompts, MixedFleet answers, RatedRequests rated, ServingContext context)
    {
        RatedRequests compared = SplitSearch.Fewer(rated);
        PoolPair pair = mix.Request.Pools ?? throw new ArgumentException("the mix has no pools", nameof(mix));
        (string one, string other) = (pair.Prompts.System.Id, pair.Answers.System.Id);
        double[,] mixed = Table(mix, one, other, compared, context);
        double[,] first = Table(prompts, one, other, compared, context);
        double[,] second = Table(answers, one, other, compared, context);
        List<(double Ratio, double Weight)> ratios = [];
        double all = 0;
        double wins = 0;
        for (int row = -Half; row <= Half; row++)
        {
            for (int column = -Half; column <= Half; column++)
            {
                (double x, double y) = (row * Step, column * Step);
                double weight = Math.Exp(-((x * x) + (y * y)) / 2);
                double alone = Math.Max(At(first, x, y), At(second, x, y));
                double ratio = alone > 0 ? At(mixed, x, y) / alone : double.PositiveInfinity;
                ratios.Add((ratio, weight));
                all += weight;
                wins += ratio > 1 ? weight : 0;
            }
        }

        ratios.Sort(static (left, right) => left.Ratio.CompareTo(right.Ratio));
        double best = Math.Max(prompts.PerKilowatt, answers.PerKilowatt);
        return new MixOdds(best > 0 ? mix.PerKilowatt / best : double.PositiveInfinity, Quantile(0.1), Quantile(0.9), wins / all);

        double Quantile(double share)
        {
            double passed = 0;
            foreach ((double ratio, double weight) in ratios)
            {
                passed += weight;
                if (passed >= share * all)
                    return ratio;
            }

            return ratios[^1].Ratio;
        }
    }

    /// <summary>Requests for each kilowatt at the nodes of both factors.</summary>
    private static double[,] Table(MixedFleet fleet, string one, string other, RatedRequests rated, ServingContext context)
    {
        double[,] table = new double[Nodes, Nodes];
        if (ServingRunner.Prepare(fleet.Request with { Workload = rated.At(rated.NaturalRate) }, context, [], out _) is not { } job)
            return table;
        (RateBracket found, RatedRequests all, _) = MaximumRateFinder.Find(job, rated, SplitSearch.Tolerance, rough: true);
        double kilowatts = fleet.Power.Value / 1e3;
        for (int x = 0; x < Nodes; x++)
        {
            for (int y = 0; y < Nodes; y++)
            {
                double firstFactor = FactorOf(one, x);
                double secondFactor = FactorOf(other, y);
                // A factor of a system that has no part changes nothing.
                if (x > 0 && firstFactor == 1 && !Has(one))
                    table[x, y] = table[x - 1, y];
                else if (y > 0 && secondFactor == 1 && !Has(other))
                    table[x, y] = table[x, y - 1];
                else
                    table[x, y] = found.Kept == 0 ? 0 : Rate(x, y) / kilowatts;
            }
        }

        return table;

        bool Has(string system) => job.Pools is { } pools
            ? pools.Prompts.Request.System.Id == system || pools.Answers.Request.System.Id == system
            : job.Request.System.Id == system;

        double FactorOf(string system, int node) => Has(system) ? Math.Exp(SigmaOf(system) * (node - 1) * Reach) : 1;

        double SigmaOf(string system) => job.Pools is not { } pools ? PoolPreparation.SigmaOf(job, out _)
            : pools.Prompts.Request.System.Id == system ? pools.PromptSigma : pools.AnswerSigma;

        double Rate(int x, int y)
        {
            if (job.Pools is not { } pools)
            {
                double factor = FactorOf(one, x) * FactorOf(other, y);
                return MaximumRateFinder.Search(job, all, factor, found.Kept / factor, SplitSearch.Tolerance).Kept;
            }

            PreparedJob scaled = job with
            {
                Pools = pools with { PromptFactor = Of(pools.Prompts.Request.System), AnswerFactor = Of(pools.Answers.Request.System) },
            };
            return MaximumRateFinder.Search(scaled, all, 1, found.Kept, SplitSearch.Tolerance).Kept;

            double Of(SystemDescription system) => system.Id == one ? FactorOf(one, x) : FactorOf(other, y);
        }
    }

    private static double At(double[,] table, double x, double y)
    {
        (int row, double down) = Place(x);
        (int column, double right) = Place(y);
        double upper = (table[row, column] * (1 - right)) + (table[row, column + 1] * right);
        double lower = (table[row + 1, column] * (1 - right)) + (table[row + 1, column + 1] * right);
        return (upper * (1 - down)) + (lower * down);
    }

    private static (int Node, double Share) Place(double deviations)
    {
        double node = Math.Clamp((deviations / Reach) + 1, 0, Nodes - 1);
        int below = Math.Min((int)node, Nodes - 2);
        return (below, node - below);
    }
}
