using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What an engine with compiled shapes does before its first answer.</summary>
/// <remarks>
/// <code>
/// compile = graphs x layers x time of a layer     where no cache keeps the graphs
/// load    = bytes of the weights on one server / rate of a server
/// </code>
/// Servers start side by side. Figures: the stack's file.
/// </remarks>
/// <param name="Graphs">Shapes compiled: prompts by length, answers by batch and length.</param>
/// <param name="Compile">Of all of them.</param>
/// <param name="Load">Of the weights.</param>
public readonly record struct ServingStart(int Graphs, Seconds Compile, Seconds Load)
{
    /// <summary>The start of a request's engines; null where the stack compiles nothing or says nothing of it.</summary>
    public static ServingStart? Of(ServingRequest request, ServingPlan plan, ServingMemory memory)
    {
        ServingStack stack = request.Stack;
        if (stack.Buckets(request.MaxBatch ?? stack.MaxBatch, ServingRun.LongestOf(request)) is not { } buckets || stack.CompilePerLayer.Value <= 0)
            return null;
        int graphs = buckets.PromptGraphs + buckets.DecodeGraphs;
        int ranksPerChip = Math.Max(1, plan.RanksPerReplica * plan.Replicas / request.Chips);
        long ranks = Math.Min((long)plan.RanksPerReplica * plan.Replicas, (long)request.System.ChipsPerServer * ranksPerChip);
        double load = stack.LoadRate.Value > 0 ? memory.Weights.Value * ranks / stack.LoadRate.Value : 0;
        return new ServingStart(graphs, stack.CompilePerLayer * (graphs * request.Model.LayerOrder.Length), new Seconds(load));
    }
}
