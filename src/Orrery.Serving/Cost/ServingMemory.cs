using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Memory of one rank: weights, what the engine keeps for itself, and what is left for the cache.</summary>
/// <param name="Weights">Of the fullest rank.</param>
/// <param name="Reserved">Workspace of the engine, which holds that of the chip's runtime.</param>
/// <param name="Capacity">The rank's share of the chip's memory that the engine takes.</param>
public readonly record struct ServingMemory(Bytes Weights, Bytes Reserved, Bytes Capacity)
{
    /// <summary>What is left for the cache; negative where the weights do not fit.</summary>
    public Bytes Cache => Capacity - Weights - Reserved;

    /// <summary>The memory of one rank under a plan.</summary>
    /// <param name="speculation">What proposes tokens is there whole on every stage's ranks: the fullest holds it; null where nothing does.</param>
    public static ServingMemory Of(ModelArchitecture model, ServingPlan plan, ServingStack stack, ChipDescription chip, int ranksPerChip, Speculation? speculation = null)
    {
        double share = Math.Ceiling(model.Layers / (double)plan.PipelineParallel) / model.Layers;
        double weights = share * WeightsOf(model, plan, hasVocabulary: true);
        if (speculation is not null)
            weights += speculation.Copies * WeightsOf(speculation.Draft, speculation.PlanOf(plan), hasVocabulary: !speculation.IsOwnModules);
        double reserved = Bytes.Max(stack.Workspace, chip.RuntimeReserve.Value).Value;
        double all = chip.MemoryCapacity.Value.Value / ranksPerChip;
        double free = all - weights - reserved;
        double taken = stack.SharesFreeMemory && free > 0 ? weights + reserved + (free * stack.MemoryShare) : all * stack.MemoryShare;
        return new ServingMemory(new Bytes(weights), new Bytes(reserved), new Bytes(taken));
    }

    private static double WeightsOf(ModelArchitecture model, ServingPlan plan, bool hasVocabulary)
    {
        ParameterCount count = ParameterCount.Of(model);
        double linear = count.Attention + count.FeedForward;
        double rest = count.Total - linear - count.Experts - (hasVocabulary ? 0 : count.Embedding + count.Head);
        // Embedding and head are split over tensor-parallel ranks like the layers; routers and norms, which are not, are small.
        double dense = ((linear * plan.Precision.BytesPerElement()) + (rest * NumberFormat.Bf16.BytesPerElement())) / plan.TensorParallel;
        double experts = count.Experts * plan.ExpertPrecision.BytesPerElement() / (plan.ExpertParallel * plan.ExpertTensorParallel);
        return dense + experts;
    }
}
