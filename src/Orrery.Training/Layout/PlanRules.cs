using Orrery.Catalog;
using Orrery.Models;

namespace Orrery.Training;

/// <summary>What makes a plan impossible, whatever the memory.</summary>
public static class PlanRules
{
    /// <summary>Forward passes of micro-batches through chunks that one step may have: each is an event of the run, and has to be held in memory.</summary>
    public const long MostPasses = 1_000_000;

    /// <summary>
    /// Adds to <paramref name="objections"/> every reason why <paramref name="plan"/> cannot run <paramref name="model"/> on
    /// <paramref name="ranks"/> ranks. Allocates only when it objects.
    /// </summary>
    public static void Check(Plan plan, ModelArchitecture model, int ranks, ICollection<string> objections)
    {
        Int128 laid = (Int128)plan.TensorParallel * plan.PipelineParallel * plan.ContextParallel * plan.DataParallel;
        if (laid != ranks)
            objections.Add($"tp {plan.TensorParallel} x pp {plan.PipelineParallel} x cp {plan.ContextParallel} x dp {plan.DataParallel} = {laid} ranks, but the job has {ranks}");
        long chunks = (long)plan.PipelineParallel * plan.VirtualStages;
        if (chunks > model.Layers + (chunks > 2 ? 2 : 0))
            objections.Add($"pp {plan.PipelineParallel} x vpp {plan.VirtualStages} = {chunks} chunks, but the model has {model.Layers} layers");
        else if (plan.Split?.Objection(model.Layers, (int)chunks) is { } split)
            objections.Add(split);
        else if (plan.Split is null && plan.VirtualStages > 1 && ((model.Layers + chunks - 1) / chunks * chunks) - model.Layers > 2)
            objections.Add($"interleaving needs the {model.Layers} layers in {chunks} equal chunks, less at most one on the first and one on the last (embedding, loss)");
        foreach (LayerDescription layer in model.LayerKinds)
        {
            if (layer.Attention.Heads % plan.TensorParallel != 0)
                objections.Add($"tp {plan.TensorParallel} does not divide the {layer.Attention.Heads} attention heads");
            if (layer.FeedForward.Experts == 0 && layer.FeedForward.Width % plan.TensorParallel != 0)
                objections.Add($"tp {plan.TensorParallel} does not divide the feed-forward width {layer.FeedForward.Width}");
            if (layer.FeedForward.Experts > 0)
                CheckExperts(plan, layer.FeedForward, objections);
        }

        if (plan.ExpertParallel > 1 && !model.HasExperts)
            objections.Add($"ep {plan.ExpertParallel}, but the model has no experts");
        if (plan.ExpertTensorParallel > 1 && !model.HasExperts)
            objections.Add($"etp {plan.ExpertTensorParallel}, but the model has no experts");
        if (chunks * plan.MicroBatches > MostPasses)
            objections.Add($"{plan.MicroBatches} micro-batches through {chunks} chunks are more than the {MostPasses} passes that a step may have; use a smaller global batch or a larger micro-batch");
        long perStep = (long)plan.DataParallel * plan.MicroBatch;
        if (plan.GlobalBatch % perStep != 0)
            objections.Add($"global batch {plan.GlobalBatch} is not a multiple of dp x micro-batch = {perStep}");
        if (plan.Prefetch != 1 && plan.Zero < 3)
            objections.Add($"prefetch {plan.Prefetch} needs zero 3: other stages gather no weights layer by layer");
        if (plan.Zero == 3 && plan.ShardRanks > 0 && plan.ShardRanks < plan.DataParallel && plan.DataParallel % plan.ShardRanks != 0)
            objections.Add($"shard-ranks {plan.ShardRanks} does not divide dp {plan.DataParallel}");
        if (plan.Sequence % plan.ContextParallel != 0)
            objections.Add($"cp {plan.ContextParallel} does not divide the sequence of {plan.Sequence} tokens");
        if (plan.ContextParallel > 1)
            CheckContext(plan, model, objections);
        if (plan.SequenceParallel && plan.TensorParallel > 1 && plan.Sequence / plan.ContextParallel % plan.TensorParallel != 0)
            objections.Add($"sequence parallelism needs tp {plan.TensorParallel} to divide the {plan.Sequence / plan.ContextParallel} tokens of a rank");
        if (plan.Schedule.Objection(plan.Pipeline) is { } objection)
            objections.Add(objection);
        if (plan.Zero >= 2 && plan.PipelineParallel > 1 && plan.Zero == 2)
            objections.Add("zero 2 does not combine with pipeline parallelism: gradients accumulate over micro-batches; use zero 1 or 3");
    }

    private static void CheckContext(Plan plan, ModelArchitecture model, ICollection<string> objections)
    {
        foreach (LayerDescription layer in model.LayerKinds)
        {
            if (layer.Attention.Kind is not (AttentionKind.Linear or AttentionKind.None) && plan.ContextLayout.Objection(plan, layer.Attention) is { } objection)
            {
                objections.Add(objection);
                return;
            }
        }
    }

    private static void CheckExperts(Plan plan, FeedForwardDescription ffn, ICollection<string> objections)
    {
        if (ffn.Experts % plan.ExpertParallel != 0)
            objections.Add($"ep {plan.ExpertParallel} does not divide the {ffn.Experts} experts");
        long pool = (long)plan.DataParallel * plan.ContextParallel * plan.TensorParallel;
        long needs = (long)plan.ExpertParallel * plan.ExpertTensorParallel;
        if (pool % needs != 0)
            objections.Add($"ep {plan.ExpertParallel} x etp {plan.ExpertTensorParallel} does not divide dp x cp x tp = {pool}");
    }
}
