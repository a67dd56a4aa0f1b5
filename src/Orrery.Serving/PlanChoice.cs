using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// Fills in what a request leaves open: the smallest tensor-parallel group inside a scale-up domain whose weights leave at least half of the memory to the
/// cache, pipeline stages only where the domain is too small, and as many replicas as there are ranks for.
/// </summary>
public static class PlanChoice
{
    /// <summary>Weights above this share of the memory starve the cache: the batch, and with it the throughput, is what memory is left for.</summary>
    private const double MostWeights = 0.5;

    /// <summary>The plan, or the reasons there is none; a plan that was asked for is returned even where it does not fit.</summary>
    public static (ServingPlan? Plan, ImmutableArray<string> Problems) Of(ServingRequest request, int ranksPerChip)
    {
        int ranks = request.Chips * ranksPerChip;
        List<string> problems = [];
        ServingPlan plan = Unlaid(request);
        int domain = Math.Min(ranks, request.System.ChipsPerScaleUpDomain * ranksPerChip);
        ServingPlan? best = null;
        double leastWeights = double.PositiveInfinity;
        for (int pipeline = request.PipelineParallel ?? 1; best is null && pipeline <= (request.PipelineParallel ?? Math.Min(request.Model.Layers, ranks)); pipeline++)
        {
            foreach (int tensor in Widths(request, ranks, domain / plan.DataParallel))
            {
                ServingPlan candidate = WithExperts(request, plan with { TensorParallel = tensor, PipelineParallel = pipeline });
                if ((long)tensor * pipeline * plan.DataParallel * (request.Replicas ?? 1) > ranks || !IsLegal(request, candidate, problems))
                    continue;
                double weights = WeightShare(request, candidate, ranksPerChip);
                if (best is null || weights < leastWeights)
                    (best, leastWeights) = (candidate, weights);
                if (weights <= MostWeights)
                    return (Replicated(request, candidate, ranks), []);
            }

            // A wider group is worth more than a pipeline; one is tried only where even the widest group does not hold the weights.
            if (best is not null && leastWeights >= 1 && request.PipelineParallel is null && pipeline < request.Model.Layers)
                best = null;
        }

        if (best is null && leastWeights < double.PositiveInfinity)
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"the weights of {request.Model.Name}{(request.Speculation is { IsOwnModules: false } speculation ? $" and {speculation.Draft.Name}" : "")} do not fit on {ranks} ranks of {request.System.Name} in any layout; more --chips or a narrower --precision would help"));
        else if (best is null && problems.Count == 0)
            problems.Add(string.Create(CultureInfo.InvariantCulture, $"no layout of {request.Model.Name} lies on {ranks} ranks with the degrees asked for"));
        return best is null ? (null, [.. problems.Distinct(StringComparer.Ordinal)]) : (Replicated(request, best, ranks), []);
    }

    /// <summary>
    /// Every legal layout of the degrees that are left out, by width: tensor groups inside a scale-up domain, for mixtures attention data parallelism beside
    /// them and experts shared out over all of a replica's ranks or sliced; pipeline stages only where no replica of one stage holds the weights.
    /// </summary>
    public static ImmutableArray<ServingPlan> Layouts(ServingRequest request, int ranksPerChip)
    {
        int ranks = request.Chips * ranksPerChip;
        int domain = Math.Min(ranks, request.System.ChipsPerScaleUpDomain * ranksPerChip);
        ServingPlan plan = Unlaid(request);
        ImmutableArray<ServingPlan>.Builder layouts = ImmutableArray.CreateBuilder<ServingPlan>();
        List<string> objections = [];
        for (int pipeline = request.PipelineParallel ?? 1; layouts.Count == 0 && pipeline <= (request.PipelineParallel ?? Math.Min(request.Model.Layers, ranks)); pipeline++)
        {
            foreach (int tensor in Widths(request, ranks, domain))
            {
                foreach (int data in DataWidths(request, ranks / (tensor * pipeline)))
                {
                    foreach (int experts in ExpertWidths(request, tensor * data))
                    {
                        ServingPlan candidate = plan with { TensorParallel = tensor, PipelineParallel = pipeline, DataParallel = data, ExpertParallel = experts };
                        if ((long)candidate.RanksPerReplica * (request.Replicas ?? 1) <= ranks && IsLegal(request, candidate, objections) && WeightShare(request, candidate, ranksPerChip) < 1)
                            layouts.Add(Replicated(request, candidate, ranks));
                    }
                }
            }
        }

        return layouts.ToImmutable();
    }

    /// <summary>A plan of one rank in the formats of the request.</summary>
    private static ServingPlan Unlaid(ServingRequest request)
    {
        (NumberFormat linear, NumberFormat experts) = Formats(request);
        return new ServingPlan
        {
            TensorParallel = 1,
            Replicas = 1,
            DataParallel = request.DataParallel ?? 1,
            Precision = linear,
            ExpertPrecision = experts,
            KvPrecision = request.KvPrecision,
        };
    }

    /// <summary>The width asked for, or those worth a try, ascending: powers of two, and what divides ranks, heads and their caches without a rest.</summary>
    private static List<int> Widths(ServingRequest request, int ranks, int most)
    {
        if (request.TensorParallel is { } asked)
            return [asked];
        List<int> widths = [];
        for (int width = 1; width <= most; width++)
        {
            if (int.IsPow2(width) || (ranks % width == 0 && SharesHeads(request.Model, width)))
                widths.Add(width);
        }

        return widths;
    }

    /// <summary>Ranks hold whole heads, and whole groups of them or copies of one: what engines ask for.</summary>
    private static bool SharesHeads(ModelArchitecture model, int width)
    {
        foreach (LayerDescription kind in model.LayerKinds)
        {
            AttentionDescription attention = kind.Attention;
            if (kind.Stream.Kind != TokenStreamKind.Sequence || attention.Heads == 0)
                continue;
            if (attention.Heads % width != 0 || (attention.KvHeads > 0 && attention.KvHeads % width != 0 && width % attention.KvHeads != 0))
                return false;
        }

        return true;
    }

    private static List<int> DataWidths(ServingRequest request, int most)
    {
        if (request.DataParallel is { } asked)
            return [asked];
        List<int> widths = [1];
        for (int width = 2; width <= most && request.Model.HasExperts; width *= 2)
            widths.Add(width);
        return widths;
    }

    private static int[] ExpertWidths(ServingRequest request, int group) =>
        request.ExpertParallel is { } asked ? [asked] : group > 1 && request.Model.HasExperts ? [1, group] : [1];

    private static (NumberFormat Linear, NumberFormat Experts) Formats(ServingRequest request)
    {
        CheckpointDescription published = request.Model.Checkpoint;
        return (request.Precision ?? published.Linear, request.ExpertPrecision ?? request.Precision ?? published.Experts);
    }

    /// <summary>A replica whose ranks attend for different sequences shares the experts out among them.</summary>
    private static ServingPlan WithExperts(ServingRequest request, ServingPlan plan) =>
        plan with { ExpertParallel = request.ExpertParallel ?? (plan.DataParallel > 1 && request.Model.HasExperts ? plan.DataParallel : 1) };

    private static ServingPlan Replicated(ServingRequest request, ServingPlan plan, int ranks) =>
        plan with { Replicas = request.Replicas ?? Math.Max(1, ranks / plan.RanksPerReplica) };

    private static bool IsLegal(ServingRequest request, ServingPlan plan, List<string> problems)
    {
        foreach (LayerDescription kind in request.Model.LayerKinds)
        {
            int heads = kind.Attention.Heads;
            if (kind.Stream.Kind == TokenStreamKind.Sequence && heads > 0 && (heads % plan.TensorParallel != 0 || plan.TensorParallel > heads))
            {
                problems.Add($"--tp {plan.TensorParallel} does not divide the {heads} heads of {request.Model.Name}");
                return false;
            }

            if (kind.FeedForward.Experts > 0 && (kind.FeedForward.Experts % plan.ExpertParallel != 0 || plan.TensorParallel * plan.DataParallel % plan.ExpertParallel != 0))
            {
                problems.Add($"--ep {plan.ExpertParallel} does not divide the {kind.FeedForward.Experts} experts of {request.Model.Name} or the {plan.TensorParallel * plan.DataParallel} ranks of a replica");
                return false;
            }
        }

        if (plan.ExpertParallel > 1 && !request.Model.HasExperts)
        {
            problems.Add($"--ep {plan.ExpertParallel}: {request.Model.Name} has no experts");
            return false;
        }

        if (plan.PipelineParallel <= request.Model.Layers)
            return true;
        problems.Add($"--pp {plan.PipelineParallel} is more than the {request.Model.Layers} layers of {request.Model.Name}");
        return false;
    }

    private static double WeightShare(ServingRequest request, ServingPlan plan, int ranksPerChip)
    {
        ServingMemory memory = ServingMemory.Of(request.Model, plan, request.Stack, request.System.Chip, ranksPerChip, request.Speculation);
        double room = memory.Capacity.Value - memory.Reserved.Value;
        return room > 0 ? memory.Weights.Value / room : double.PositiveInfinity;
    }
}
