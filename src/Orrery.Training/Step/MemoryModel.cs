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
    private readonly double[] oneExpert = [.. model.LayerKinds.Select(kind => (double)LayerParameters.Of(kind, model.Hidden).Expert)];

    /// <summary>Bytes of activations one micro-batch stores in one layer on one rank.</summary>
    public double LayerActivations(LayerDescription layer, Plan plan)
    {
        double sequence = plan.Sequence;
        double tokens = plan.MicroBatch * layer.Tokens(sequence) / plan.ContextParallel;
        double element = plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        int width = layer.HiddenOr(model.Hidden);
        double hidden = width;
        double tp = plan.TensorParallel;
        double shard = plan.SequenceParallel ? tp : 1;
        if (plan.Recompute == Recompute.Full)
            return tokens * hidden * element / shard;

        // Input of each part's norm, and of the product behind it.
        RecomputeModules again = plan.Recompute == Recompute.Modules ? plan.RecomputeModules : RecomputeModules.None;
        double input = InputBytes(plan, element);
        double whole = layer.Blocks * hidden * (element + (again.HasFlag(RecomputeModules.Norm) ? 0 : input)) / shard;
        // Adapters on the projections of attention read what these read.
        if (plan.HasFrozenWeights && layer.Attention.Kind != AttentionKind.None)
            whole += hidden * element / shard;
        if (stack.KeepsDropoutMasks)
            whole += layer.Blocks * hidden / shard;
        bool keepsAttention = !again.HasFlag(RecomputeModules.Attention);
        bool keepsFeed = !RecomputeCost.IsWhole(layer.FeedForward, again);
        double behind = again.HasFlag(RecomputeModules.Activation) ? ActivationElements(layer.FeedForward, plan) : 0;
        double feed = keepsFeed ? FeedForwardElements(layer.FeedForward, width, plan) - behind : 0;
        double narrow = keepsFeed ? NarrowElements(layer, width, plan) - behind : 0;
        double stored = tokens * (whole + (element * (AttentionElements(layer.Attention, tp, again) + feed))
            + ((input - element) * narrow)
            + (input < element && keepsAttention ? input * layer.Attention.Heads * layer.Attention.ValueDim / tp : 0));
        if (layer.FeedForward.Experts > 0 && keepsFeed)
        {
            // Scores and probabilities of the router in 32 bits, a byte that says which expert takes the token.
            stored += tokens / tp * layer.FeedForward.Experts * 9.0;
        }

        if (layer.Attention.Linear is { } linear)
        {
            // States at the borders of chunks, in 32 bits.
            stored += tokens / Math.Min(linear.Chunk, sequence) * linear.FlopPerToken / (linear.IsDelta ? 6 : 4) / tp * 4;
        }

        if (layer.Cross is { } cross)
        {
            double source = plan.MicroBatch * cross.Source.Tokens(sequence);
            stored += element / tp * ((tokens * 2 * cross.QueryWidth) + (source * 2 * cross.KvWidth)) + (tokens * cross.Heads / tp * 4);
        }

        return keepsAttention ? stored + Scores(layer.Attention, plan, tokens, sequence, element) : stored;
    }

    /// <summary>Bytes of a product's input as it is kept for the weight gradient: nothing for frozen weights, which have none.</summary>
    private double InputBytes(Plan plan, double element) => plan.HasFrozenWeights ? 0
        : stack.KeepsNarrowInputs && plan.Precision.IsQuantised() ? plan.Precision.BytesPerElement() : element;

    /// <summary>
    /// Of what the feed-forward part stores of a token, that which is an input of a product and nothing else: what stands behind the activation, and routed
    /// tokens as they arrive. The output of attention is kept beside its cast copy, for the gradient of attention reads it in 16 bits.
    /// </summary>
    private static double NarrowElements(LayerDescription layer, int hidden, Plan plan)
    {
        FeedForwardDescription feed = layer.FeedForward;
        double tp = plan.TensorParallel;
        if (feed.Experts == 0)
            return feed.Width / tp;
        double routed = feed.TopK * plan.ExpertTensorParallel / tp * plan.ExpertLoad;
        return (routed * ((feed.Width / (double)plan.ExpertTensorParallel) + feed.DispatchWidth(hidden))) + (feed.SharedExperts * feed.SharedWidth / tp);
    }

    /// <summary>
    /// What attention stores of a token: queries, keys, values and output, at their own widths. Latent attention also stores the narrow vectors before and
    /// behind their norms, whole on every rank; linear attention what its projections, its convolution, its states and its norm hand on.
    /// </summary>
    private static double AttentionElements(AttentionDescription attention, double tp, RecomputeModules again)
    {
        if (attention.Kind == AttentionKind.None)
            return 0;
        if (attention.Linear is { } linear)
            return (linear.InputWidth + linear.ConvolutionWidth + (2.0 * linear.ValueWidth)) / tp;
        double query = (double)attention.Heads * attention.HeadDim / tp;
        if (attention.Latent is { } latent)
            return ((4 - (again.HasFlag(RecomputeModules.Latent) ? 3 : 0) - (again.HasFlag(RecomputeModules.Attention) ? 1 : 0)) * query) + (2.0 * (latent.QueryRank + latent.KvRank)) + latent.RopeDim;
        double kv = Math.Max(1, attention.KvHeads / tp) * attention.HeadDim;
        return ((attention.HasOutputGate ? 3 : 2) * query) + (2 * kv) - (again.HasFlag(RecomputeModules.Attention) ? query : 0);
    }

    /// <summary>
    /// What the feed-forward part stores of a token beside its input: both products of a gated layer and what stands behind the gate. A routed token is
    /// stored once for each of its experts as it arrives there; what comes back is summed and not stored, for its weight is applied before the last product.
    /// </summary>
    private static double FeedForwardElements(FeedForwardDescription feed, int hidden, Plan plan)
    {
        double products = feed.IsGated ? 3 : 2;
        if (feed.Experts == 0)
            return products * feed.Width / plan.TensorParallel;
        double routed = (double)feed.TopK * plan.ExpertTensorParallel / plan.TensorParallel * plan.ExpertLoad;
        double narrowed = feed.LatentWidth > 0 ? 2.0 * feed.LatentWidth / plan.TensorParallel : 0;
        return (routed * ((products * feed.Width / plan.ExpertTensorParallel) + feed.DispatchWidth(hidden)))
            + (products * feed.SharedExperts * feed.SharedWidth / plan.TensorParallel) + narrowed;
    }

    /// <summary>Of what the feed-forward part stores of a token, that which stands behind the activation.</summary>
    private static double ActivationElements(FeedForwardDescription feed, Plan plan)
    {
        if (feed.Experts == 0)
            return (double)feed.Width / plan.TensorParallel;
        return ((feed.TopK * plan.ExpertLoad * feed.Width) + ((double)feed.SharedExperts * feed.SharedWidth)) / plan.TensorParallel;
    }

    /// <summary>Scores of unfused attention, or the log-sum-exp that a fused kernel keeps of each query row in 32 bits.</summary>
    private double Scores(AttentionDescription attention, Plan plan, double tokens, double sequence, double element)
    {
        if (attention.Kind is AttentionKind.None or AttentionKind.Linear)
            return 0;
        double heads = attention.Heads / (double)plan.TensorParallel;
        if (plan.Attention != AttentionKernel.Unfused)
            return tokens * heads * 4;
        if (plan.Recompute != Recompute.None)
            return 0;

        // Softmax output and dropout output in 16 bits, one byte of mask.
        double reach = attention.Chunk > 0 ? Math.Min(attention.Chunk, sequence) : sequence;
        return tokens * heads * reach * ((2 * element) + (stack.KeepsDropoutMasks ? 1 : 0));
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
        StageLayout layout = steps.Layout;
        for (int kind = 0; kind < perKind.Length; kind++)
            perKind[kind] = LayerActivations(model.LayerKinds[kind], plan);

        double capacity = (chip.MemoryCapacity.Value.Value / ranksPerChip) - chip.RuntimeReserve.Value.Value;
        MemoryReport? fullest = null;
        for (int stage = 0; stage < plan.PipelineParallel; stage++)
        {
            MemoryReport report = Stage(plan, layout, stage, perKind, capacity);
            if (fullest is null || report.Total > fullest.Total)
                fullest = report;
        }

        return fullest!;
    }

    private MemoryReport Stage(Plan plan, StageLayout layout, int stage, ReadOnlySpan<double> perKind, double capacity)
    {
        bool is32 = plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32;
        double all = steps.RankParameters(plan, stage, out double expert);
        double dense = all - expert;
        int data = plan.DataParallel * plan.ContextParallel;
        double expertData = Math.Max(1, (double)data * plan.TensorParallel / (plan.ExpertParallel * plan.ExpertTensorParallel));
        double shard = plan.Zero >= 3 && plan.ShardRanks > 0 ? plan.ShardRanks : data;
        double Sharded(int fromStage) => plan.Zero >= fromStage ? (dense / shard) + (expert / Math.Min(shard, expertData)) : all;

        // Tables of tokens stay in 16 bits beside narrow frozen weights.
        double tables = plan.HasFrozenWeights && !is32 ? EmbeddingShare(plan, stage) / dense * ((plan.Zero >= 3 ? dense / shard : dense) * (2 - plan.WeightBytes)) : 0;
        double weights = (Sharded(3) * plan.WeightBytes) + tables;
        double gradients = plan.HasFrozenWeights ? 0 : Sharded(2) * plan.GradientBytes(stack.GradientBytes);
        // FP32 master copy and two moments; master weights are the weights themselves in 32-bit training.
        // States of a chunk that several stages hold are shared out over all of them.
        double copies = plan.Zero >= 1 ? plan.Schedule.WeightCopies : 1;
        double optimizer = plan.HasFrozenWeights ? 0 : Sharded(1) * plan.StateBytes / copies;
        if (plan.HasFrozenWeights)
        {
            double adapters = Adapters(plan, layout, stage);
            weights += adapters * (is32 ? 4 : 2);
            gradients += adapters * plan.GradientBytes(stack.GradientBytes);
            optimizer += adapters * plan.StateBytes / (plan.Zero >= 1 ? data * copies : 1);
        }

        PipelineShape shape = plan.Pipeline;
        int held = plan.Schedule.ChunksHeld(shape);
        int passes = plan.Schedule.PeakPasses(shape, stage);
        if (plan.OverlapsExperts)
        {
            // Two micro-batches are under way where one's exchange runs beside the other's computation.
            passes = Math.Min(passes + 1, shape.MicroBatches * held);
        }

        double largestChunk = 0;
        double largestLayer = 0;
        double allChunks = 0;
        double layers = 0;
        bool hasHead = false;
        // Temporary gradients are one for each shape of weight: all experts of a rank share one.
        double largestExpert = 0;
        for (int local = 0; local < held; local++)
        {
            int chunk = plan.Schedule.Chunk(shape, stage, local);
            layers += layout.Layers(chunk);
            hasHead |= chunk == layout.Chunks - 1;
            double bytes = 0;
            for (int kind = 0; kind < perKind.Length; kind++)
            {
                bytes += layout.Count(chunk, kind) * perKind[kind];
                largestExpert = Math.Max(largestExpert, layout.Count(chunk, kind) > 0 ? oneExpert[kind] / plan.ExpertTensorParallel : 0);
            }

            largestChunk = Math.Max(largestChunk, bytes);
            allChunks += bytes;
        }

        // Passes in flight are spread over the stage's chunks; the first chunks hold one more when they do not divide.
        double activations = allChunks * (passes / held) + (largestChunk * (passes % held));
        for (int kind = 0; kind < perKind.Length; kind++)
        {
            Plan keptWhole = plan with { Recompute = Recompute.None };
            double rebuilt = plan.Recompute switch
            {
                Recompute.Full => LayerActivations(model.LayerKinds[kind], keptWhole),
                Recompute.Modules => LayerActivations(model.LayerKinds[kind], keptWhole) - perKind[kind],
                _ => 0,
            };
            largestLayer = Math.Max(largestLayer, rebuilt);
        }

        double tokens = (double)plan.MicroBatch * plan.Sequence / plan.ContextParallel;
        double logits = hasHead ? tokens * model.LossPositionFraction * steps.PaddedVocabulary(plan.TensorParallel) / plan.TensorParallel : 0;
        double onRankPerLayer = layers > 0 ? ((dense - EmbeddingShare(plan, stage)) / layers) + largestExpert : 0;
        double host = 0;
        if (plan.Offload.HasFlag(Offload.Optimizer))
        {
            host += optimizer;
            optimizer = 0;
        }

        if (plan.Offload.HasFlag(Offload.Activations))
        {
            // One layer's are in use and another's on their way.
            double here = 0;
            for (int kind = 0; kind < perKind.Length; kind++)
                here = Math.Max(here, 2 * perKind[kind]);
            here = Math.Min(here, activations);
            host += activations - here;
            activations = here;
        }

        // Weights of layers gathered further ahead than the next one.
        double ahead = plan.Zero >= 3 && layers > 0 ? Math.Max(0, plan.Prefetch - 1) * (all - EmbeddingShare(plan, stage)) / layers * plan.WeightBytes : 0;
        double workspace = (logits * constants[StackConstant.WorkspacePerLogit])
            + (tokens * model.Hidden * constants[StackConstant.WorkspacePerToken])
            + (onRankPerLayer * constants[StackConstant.WorkspacePerLayerParameter])
            + ContextWorkspace(plan)
            + ahead
            + largestLayer;
        return new MemoryReport(
            new Bytes(weights), new Bytes(gradients), new Bytes(optimizer), new Bytes(activations), new Bytes(workspace), new Bytes(capacity))
        {
            Host = new Bytes(host),
        };
    }

    /// <summary>What context parallelism holds of other ranks while one layer attends.</summary>
    private double ContextWorkspace(Plan plan)
    {
        if (plan.ContextParallel == 1)
            return 0;
        double element = plan.Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double most = 0;
        foreach (LayerDescription layer in model.LayerKinds)
        {
            AttentionDescription attention = layer.Attention;
            if (attention.Kind is AttentionKind.Linear or AttentionKind.None)
                continue;
            double tokens = plan.MicroBatch * layer.Stream.Tokens(plan.Sequence) / plan.ContextParallel;
            double heads = Math.Max(1, attention.KvHeads / plan.TensorParallel);
            most = Math.Max(most, plan.ContextLayout.WorkspaceBytes(new ContextWork
            {
                Ranks = plan.ContextParallel,
                InnerRanks = plan.ContextLayout.InnerRanks(plan, attention),
                QueryBytes = tokens * element * attention.Heads * attention.HeadDim / plan.TensorParallel,
                KeyValueBytes = 2 * tokens * element * heads * attention.HeadDim,
                KeyValueHeads = heads,
            }));
        }

        return most;
    }

    /// <summary>Weights of the adapters of one rank: two narrow matrices beside each projection of attention.</summary>
    private double Adapters(Plan plan, StageLayout layout, int stage)
    {
        double sum = 0;
        PipelineShape shape = plan.Pipeline;
        for (int local = 0; local < plan.Schedule.ChunksHeld(shape); local++)
        {
            int chunk = plan.Schedule.Chunk(shape, stage, local);
            for (int kind = 0; kind < model.LayerKinds.Length; kind++)
            {
                LayerDescription layer = model.LayerKinds[kind];
                AttentionDescription attention = layer.Attention;
                double width = layer.HiddenOr(model.Hidden);
                double sides = attention.Kind == AttentionKind.None ? 0
                    : attention.Linear is { } linear ? (2 * width) + linear.InputWidth + linear.ValueWidth
                    : (4 * width) + (2.0 * attention.QueryWidth) + (2.0 * attention.KvWidth);
                sum += layout.Count(chunk, kind) * sides;
            }
        }

        return sum * plan.AdapterRank / plan.TensorParallel;
    }

    private double EmbeddingShare(Plan plan, int stage)
    {
        double one = (double)model.Hidden * model.Vocabulary / plan.TensorParallel;
        double share = 0;
        PipelineShape shape = plan.Pipeline;
        for (int local = 0; local < plan.Schedule.ChunksHeld(shape); local++)
        {
            int chunk = plan.Schedule.Chunk(shape, stage, local);
            if (chunk == 0)
                share += one;
            if (chunk == shape.Chunks - 1 && (!model.TiedEmbeddings || plan.PipelineParallel > 1))
                share += one;
        }

        return share;
    }
}
