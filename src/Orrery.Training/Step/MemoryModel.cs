using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// Memory of the fullest rank at the peak of its schedule: weights, gradients, optimizer states, activations of the passes in flight,
/// temporaries, and what the runtime keeps.
/// </summary>
/// <remarks>
/// Stored activations per token and layer follow Korthikanti et al., arXiv:2205.05198, section 4 (34 bytes a channel and the scores for a GPT
/// block in 16 bits), generalised to gated and grouped-query blocks; temporaries are fitted on measured peaks (see docs/accuracy.md).
/// </remarks>
public sealed class MemoryModel(ModelArchitecture model, StackDescription stack, StackConstants constants, ChipDescription chip, int ranksPerChip, StepModel steps)
{
    /// <summary>Bytes of activations one micro-batch stores in one layer on one rank.</summary>
    public double LayerActivations(LayerDescription layer, Plan plan)
    {
        double tokens = (double)plan.MicroBatch * plan.Sequence / plan.ContextParallel;
        double element = plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double hidden = model.Hidden;
        double shard = plan.SequenceParallel ? plan.TensorParallel : 1;
        if (plan.Recompute == Recompute.Full)
            return tokens * hidden * element / shard;

        AttentionDescription attention = layer.Attention;
        double tp = plan.TensorParallel;
        double query = (double)attention.Heads * attention.HeadDim / tp;
        double kv = Math.Max(1, attention.KvHeads / tp) * attention.HeadDim;
        // Inputs of the two norms and of the two products behind them.
        double whole = 4 * hidden * element / shard;
        if (stack.KeepsDropoutMasks)
            whole += 2 * hidden / shard;
        double split = (query + (2 * kv) + query) * element;
        FeedForwardDescription ffn = layer.FeedForward;
        if (ffn.Experts == 0)
        {
            split += ffn.Width / tp * element * (ffn.IsGated ? 3 : 2);
        }
        else
        {
            double routed = (double)ffn.TopK * plan.ExpertTensorParallel / tp;
            split += routed * ((ffn.Width / (double)plan.ExpertTensorParallel * element * (ffn.IsGated ? 3 : 2)) + (hidden * element * 2));
            split += ffn.SharedExperts * (double)ffn.SharedWidth / tp * element * (ffn.IsGated ? 3 : 2);
        }

        double stored = tokens * (whole + split);
        if (plan.Attention == AttentionKernel.Unfused)
        {
            if (plan.Recompute == Recompute.None)
            {
                // Softmax output and dropout output in 16 bits, one byte of mask.
                double scores = (double)plan.MicroBatch * attention.Heads / tp * plan.Sequence * (plan.Sequence / plan.ContextParallel);
                stored += scores * ((2 * element) + (stack.KeepsDropoutMasks ? 1 : 0));
            }
        }
        else
        {
            // Log-sum-exp of each query row, 32 bits.
            stored += tokens * attention.Heads / tp * 4;
        }

        return stored;
    }

    /// <summary>
    /// The fullest rank under <paramref name="plan"/>; <see cref="StepModel.Prepare"/> must have been called with it.
    /// </summary>
    public MemoryReport Evaluate(Plan plan)
    {
        // The buffer is here, apart from the loops: beside them it would keep the runtime from compiling them quickly, at every start.
        return Evaluate(plan, stackalloc double[model.LayerKinds.Length]);
    }

    private MemoryReport Evaluate(Plan plan, Span<double> perKind)
    {
        Schedule schedule = Schedule.Of(plan.Schedule);
        StageLayout layout = steps.Layout;
        for (int kind = 0; kind < perKind.Length; kind++)
            perKind[kind] = LayerActivations(model.LayerKinds[kind], plan);

        double capacity = (chip.MemoryCapacity.Value.Value / ranksPerChip) - chip.RuntimeReserve.Value.Value;
        MemoryReport? fullest = null;
        for (int stage = 0; stage < plan.PipelineParallel; stage++)
        {
            MemoryReport report = Stage(plan, schedule, layout, stage, perKind, capacity);
            if (fullest is null || report.Total > fullest.Total)
                fullest = report;
        }

        return fullest!;
    }

    private MemoryReport Stage(Plan plan, Schedule schedule, StageLayout layout, int stage, ReadOnlySpan<double> perKind, double capacity)
    {
        bool is32 = plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32;
        double all = steps.RankParameters(plan, stage, out double expert);
        double dense = all - expert;
        int data = plan.DataParallel * plan.ContextParallel;
        double expertData = Math.Max(1, (double)data * plan.TensorParallel / (plan.ExpertParallel * plan.ExpertTensorParallel));
        double shard = plan.Zero >= 3 && plan.ShardRanks > 0 ? plan.ShardRanks : data;
        double Sharded(int fromStage) => plan.Zero >= fromStage ? (dense / shard) + (expert / Math.Min(shard, expertData)) : all;

        double weights = Sharded(3) * (is32 ? 4 : 2);
        double gradients = plan.HasFrozenWeights ? 0 : Sharded(2) * (is32 ? 4 : stack.GradientBytes);
        // FP32 master copy and two moments; master weights are the weights themselves in 32-bit training.
        double optimizer = plan.HasFrozenWeights ? 0 : Sharded(1) * (is32 ? 8 : 12);

        int passes = schedule.PeakPasses(stage, plan.PipelineParallel, plan.VirtualStages, plan.MicroBatches);
        double largestChunk = 0;
        double largestLayer = 0;
        double allChunks = 0;
        for (int chunk = stage; chunk < layout.Chunks; chunk += plan.PipelineParallel)
        {
            double bytes = 0;
            for (int kind = 0; kind < perKind.Length; kind++)
                bytes += layout.Count(chunk, kind) * perKind[kind];
            largestChunk = Math.Max(largestChunk, bytes);
            allChunks += bytes;
        }

        double layers = 0;
        for (int chunk = stage; chunk < layout.Chunks; chunk += plan.PipelineParallel)
            layers += layout.Layers(chunk);
        // Passes in flight are spread over the stage's chunks; the first chunks hold one more when they do not divide.
        double activations = allChunks * (passes / plan.VirtualStages) + (largestChunk * (passes % plan.VirtualStages));
        for (int kind = 0; kind < perKind.Length; kind++)
        {
            Plan keptWhole = plan with { Recompute = Recompute.None };
            largestLayer = Math.Max(largestLayer, plan.Recompute == Recompute.Full ? LayerActivations(model.LayerKinds[kind], keptWhole) : 0);
        }

        double tokens = (double)plan.MicroBatch * plan.Sequence / plan.ContextParallel;
        bool hasHead = (plan.PipelineParallel * plan.VirtualStages) - 1 >= 0 && stage == plan.PipelineParallel - 1;
        double logits = hasHead ? tokens * model.LossPositionFraction * steps.PaddedVocabulary(plan.TensorParallel) / plan.TensorParallel : 0;
        double onRankPerLayer = layers > 0 ? (all - EmbeddingShare(plan, stage)) / layers : 0;
        double workspace = (logits * constants[StackConstant.WorkspacePerLogit])
            + (tokens * model.Hidden * constants[StackConstant.WorkspacePerToken])
            + (onRankPerLayer * constants[StackConstant.WorkspacePerLayerParameter])
            + largestLayer;
        return new MemoryReport(
            new Bytes(weights), new Bytes(gradients), new Bytes(optimizer), new Bytes(activations), new Bytes(workspace), new Bytes(capacity));
    }

    private double EmbeddingShare(Plan plan, int stage)
    {
        double one = (double)model.Hidden * model.Vocabulary / plan.TensorParallel;
        double share = stage == 0 ? one : 0;
        if (stage == plan.PipelineParallel - 1 && (!model.TiedEmbeddings || plan.PipelineParallel > 1))
            share += one;
        return share;
    }
}
