using Orrery.Chips.Gpu;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Times of what the ranks of one replica send one another.</summary>
/// <param name="fabric">The fabric's own library.</param>
/// <param name="reducing">All-reduce kernels of the engine by the largest message they take, ascending; the fabric's own library takes what they do not do faster.</param>
/// <param name="plan">How the model lies on the ranks.</param>
/// <param name="groups">Where the ranks of each kind lie.</param>
/// <param name="stage">All ranks of one stage; they exchange tokens where they attend for different sequences.</param>
public sealed class ReplicaCollectives(CollectiveModel fabric, (double UpTo, CollectiveModel Model)[] reducing, ServingPlan plan, PlacedGroups groups, RankGroup stage)
{
    /// <summary>Ranks that share out every layer.</summary>
    public int TensorRanks => groups.Tensor.Size;

    /// <summary>Spread of log(measured/predicted) of a sum over the tensor-parallel ranks; nothing is unsure about one rank.</summary>
    public double ReduceSigma(double bytes) =>
        groups.Tensor.Size > 1 ? fabric.Sigma(new Collective(CollectiveKind.AllReduce, new Bytes(bytes)), groups.Tensor) : 0;

    /// <summary>Seconds of a sum over the tensor-parallel ranks.</summary>
    public double Reduce(double bytes)
    {
        RankGroup group = groups.Tensor;
        double time = Time(CollectiveKind.AllReduce, bytes, group);
        if (group.Size <= 1)
            return time;
        foreach ((double upTo, CollectiveModel own) in reducing)
        {
            if (bytes <= upTo)
                return Math.Min(time, own.Cost(new Collective(CollectiveKind.AllReduce, new Bytes(bytes)), group).Time.Value);
        }

        return time;
    }

    /// <summary>Seconds of a gathering over the tensor-parallel ranks.</summary>
    public double Gather(double bytes) => Time(CollectiveKind.AllGather, bytes, groups.Tensor);

    /// <summary>Seconds of handing activations from stage to stage, all hops.</summary>
    public double Hops(double bytes)
    {
        double hops = 0;
        foreach (RankGroup hop in groups.Hops)
            hops += Time(CollectiveKind.PointToPoint, bytes, hop);
        return hops;
    }

    /// <summary>
    /// Ranks that attend for different sequences hand their tokens to the experts and take the results back, the faster of two ways: all tokens gathered
    /// on all ranks and results summed where they belong, or tokens sent once to each rank that has any of their experts, and results back.
    /// </summary>
    /// <remarks>
    /// <code>
    /// gathered = all-gather(T h a) + reduce-scatter(2 T h)
    /// sent     = all-to-all(v a) + all-to-all(2 v),  v = t/tp h r (1 - (1 - 1/r)^k) x busiest
    /// </code>
    /// T tokens of all ranks and t of the busiest, h numbers wide; a bytes of an activation as experts read it; r ranks share out the experts, of which a token
    /// chooses k; busiest is the load of the busiest rank over the mean. Under tensor parallelism both end in a gathering over its ranks. Source of the second:
    /// DeepEP, github.com/deepseek-ai/DeepEP, and arXiv:2412.19437 section 3.2.2.
    /// </remarks>
    /// <param name="routing">How tokens choose their experts.</param>
    /// <param name="width">Numbers of a token as it travels.</param>
    /// <param name="tokens">Tokens of the busiest rank.</param>
    /// <param name="allTokens">Tokens of all ranks.</param>
    public double Exchange(in ExpertRouting routing, double width, int tokens, int allTokens)
    {
        double narrow = GemmFormat.Of(plan.ExpertPrecision, 1).ActivationBytes;
        double gathered = Time(CollectiveKind.AllGather, allTokens * width * narrow, stage) + Time(CollectiveKind.ReduceScatter, 2.0 * allTokens * width, stage);
        double time = gathered;
        if (plan.ExpertParallel > 1)
        {
            double ranks = plan.ExpertParallel;
            double reached = ranks * (1 - Math.Pow(1 - (1 / ranks), routing.TopK));
            long pairs = 0;
            foreach (int rows in ExpertLoad.Busiest(allTokens, routing))
                pairs += rows;
            double busiest = Math.Max(1, pairs * ranks / ((double)allTokens * routing.TopK));
            double sent = Math.Ceiling((double)tokens / plan.TensorParallel) * width * reached * busiest;
            time = Math.Min(time, Time(CollectiveKind.AllToAll, sent * narrow, groups.Expert) + Time(CollectiveKind.AllToAll, 2 * sent, groups.Expert));
        }

        return time + Gather(2.0 * tokens * width);
    }

    private double Time(CollectiveKind kind, double bytes, RankGroup group) =>
        group.Size <= 1 ? 0 : fabric.Cost(new Collective(kind, new Bytes(bytes)), group).Time.Value;
}
