using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Models;

/// <summary>Why a layer does a piece of work; the step model costs and overlaps by it.</summary>
public enum OperatorRole : byte
{
    /// <summary>Linear product of the forward pass.</summary>
    Forward,

    /// <summary>Gradient with respect to the input.</summary>
    InputGradient,

    /// <summary>Gradient with respect to the weights; absent for frozen weights.</summary>
    WeightGradient,

    AttentionForward,
    AttentionBackward,

    /// <summary>Traffic of unfused attention scores.</summary>
    ScoreForward,
    ScoreBackward,
    ElementwiseForward,
    ElementwiseBackward,
}

/// <summary>One operator of a layer with its role; <see cref="IsExpert"/> marks grouped expert products.</summary>
public readonly record struct LayerOperator(Operator Work, OperatorRole Role, bool IsExpert);

/// <summary>What of a plan decides the shapes of a layer on one rank.</summary>
/// <param name="MicroBatch">Sequences.</param>
/// <param name="Sequence">Tokens a sequence, whole.</param>
/// <param name="IsFused">Attention kernel keeps scores on chip.</param>
public readonly record struct LayerShape(
    int MicroBatch,
    int Sequence,
    int TensorParallel,
    int ContextParallel,
    int ExpertParallel,
    int ExpertTensorParallel,
    bool SequenceParallel,
    bool IsFused,
    bool HasFrozenWeights,
    NumberFormat Precision)
{
    /// <summary>Tokens a rank sees in one micro-batch.</summary>
    public double Tokens => (double)MicroBatch * Sequence / ContextParallel;

    /// <summary>Bytes of one activation element: 16-bit unless everything is 32-bit.</summary>
    public double ActivationBytes => Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;

    /// <summary>Format of attention products: 16-bit where linear layers are narrower.</summary>
    public NumberFormat AttentionFormat => Precision is NumberFormat.Fp32 or NumberFormat.Tf32 or NumberFormat.Fp16 ? Precision : NumberFormat.Bf16;
}

/// <summary>
/// The operators of one layer on one rank, forward and backward, with their true shapes.
/// </summary>
/// <remarks>
/// Element-wise traffic counts reads and writes of well-fused kernels: norms, rotary, residual adds and dropout touch the hidden state 11 times
/// forward and 15 backward (divided over tensor-parallel ranks under sequence parallelism); projections and activations touch their own widths.
/// Source: the counts of Korthikanti et al., arXiv:2205.05198, section 4, turned from stored tensors into traffic.
/// </remarks>
public static class LayerOperators
{
    /// <summary>Most operators one layer can have.</summary>
    public const int Capacity = 40;

    /// <summary>Kernels of the element-wise work of one layer that are not products.</summary>
    private const int ForwardKernels = 8;
    private const int BackwardKernels = 14;

    /// <summary>Fills <paramref name="into"/> and returns how many operators there are.</summary>
    public static int Fill(ModelArchitecture model, LayerDescription layer, in LayerShape shape, Span<LayerOperator> into)
    {
        int count = 0;
        double tokens = shape.Tokens;
        int tp = shape.TensorParallel;
        long t = (long)Math.Ceiling(tokens);
        long h = model.Hidden;
        AttentionDescription attention = layer.Attention;
        int heads = Math.Max(1, attention.Heads / tp);
        int kvHeads = Math.Max(1, attention.KvHeads / tp);
        long hp = (long)heads * attention.HeadDim;
        long qkv = hp + (2L * kvHeads * attention.HeadDim);
        NumberFormat format = shape.Precision;
        double act = shape.ActivationBytes;

        if (attention.Latent is { } latent)
        {
            Latent(into, ref count, latent, t, h, heads, shape);
        }
        else
        {
            Linear(into, ref count, t, qkv, h, format, 1, shape.HasFrozenWeights, false);
            Linear(into, ref count, t, h, hp, format, 1, shape.HasFrozenWeights, false);
        }

        Attention(into, ref count, attention, heads, kvHeads, shape);

        FeedForwardDescription ffn = layer.FeedForward;
        double ffnForward;
        double ffnBackward;
        if (ffn.Experts == 0)
        {
            long width = Math.Max(1, ffn.Width / tp);
            Linear(into, ref count, t, ffn.IsGated ? 2 * width : width, h, format, 1, shape.HasFrozenWeights, false);
            Linear(into, ref count, t, h, width, format, 1, shape.HasFrozenWeights, false);
            ffnForward = tokens * width * act * (ffn.IsGated ? 3 : 2);
            ffnBackward = tokens * width * act * (ffn.IsGated ? 5 : 3);
        }
        else
        {
            Experts(into, ref count, model, ffn, shape, out ffnForward, out ffnBackward);
        }

        double hiddenShare = shape.SequenceParallel ? tp : 1;
        double projections = tokens * act * ((2 * qkv) + (2 * hp));
        double forward = (tokens * h * act * 11 / hiddenShare) + projections + ffnForward;
        double backward = (tokens * h * act * 15 / hiddenShare) + projections + ffnBackward;
        into[count++] = new LayerOperator(Operator.Elementwise(forward, forward / act / 2, ForwardKernels), OperatorRole.ElementwiseForward, false);
        into[count++] = new LayerOperator(Operator.Elementwise(backward, backward / act / 2, BackwardKernels), OperatorRole.ElementwiseBackward, false);
        return count;
    }

    private static void Linear(
        Span<LayerOperator> into, ref int count, long rows, long width, long depth, NumberFormat format, int groups, bool isFrozen, bool isExpert)
    {
        into[count++] = new LayerOperator(Operator.Matmul(rows, width, depth, format, groups), OperatorRole.Forward, isExpert);
        into[count++] = new LayerOperator(Operator.Matmul(rows, depth, width, format, groups), OperatorRole.InputGradient, isExpert);
        if (!isFrozen)
            into[count++] = new LayerOperator(Operator.Matmul(width, depth, rows, format, groups), OperatorRole.WeightGradient, isExpert);
    }

    /// <summary>Projections of latent attention: every rank makes the whole narrow vectors and widens them for its own heads.</summary>
    private static void Latent(Span<LayerOperator> into, ref int count, LatentDescription latent, long t, long h, int heads, in LayerShape shape)
    {
        NumberFormat format = shape.Precision;
        bool frozen = shape.HasFrozenWeights;
        long queries = (long)heads * latent.KeyDim;
        if (latent.QueryRank > 0)
            Linear(into, ref count, t, latent.QueryRank, h, format, 1, frozen, false);
        Linear(into, ref count, t, queries, latent.QueryRank > 0 ? latent.QueryRank : h, format, 1, frozen, false);
        Linear(into, ref count, t, latent.KvRank + latent.RopeDim, h, format, 1, frozen, false);
        Linear(into, ref count, t, (long)heads * (latent.NopeDim + latent.ValueDim), latent.KvRank, format, 1, frozen, false);
        Linear(into, ref count, t, h, (long)heads * latent.ValueDim, format, 1, frozen, false);
    }

    private static void Attention(
        Span<LayerOperator> into, ref int count, AttentionDescription attention, int heads, int kvHeads, in LayerShape shape)
    {
        NumberFormat format = shape.AttentionFormat;
        if (shape.IsFused)
        {
            int queries = shape.Sequence / shape.ContextParallel;
            // Causal balance: each context-parallel rank holds one early and one late chunk, so it does 1/cp of the triangle.
            Operator whole = Operator.Attention(
                shape.MicroBatch, shape.Sequence, shape.Sequence, heads, kvHeads, attention.HeadDim, attention.IsCausal, format, false, attention.Window);
            Operator gradient = Operator.Attention(
                shape.MicroBatch, shape.Sequence, shape.Sequence, heads, kvHeads, attention.HeadDim, attention.IsCausal, format, true, attention.Window);
            if (shape.ContextParallel > 1)
            {
                whole = whole with { QueryLength = queries, Causal = false, KeyLength = attention.IsCausal ? (shape.Sequence + 1) / 2 : shape.Sequence };
                gradient = gradient with { QueryLength = queries, Causal = false, KeyLength = whole.KeyLength };
            }

            into[count++] = new LayerOperator(whole, OperatorRole.AttentionForward, false);
            into[count++] = new LayerOperator(gradient, OperatorRole.AttentionBackward, false);
            return;
        }

        int batched = shape.MicroBatch * heads;
        long queriesPerRank = Math.Max(1, shape.Sequence / shape.ContextParallel);
        long keys = shape.Sequence;
        double scores = (double)batched * queriesPerRank * keys;
        // What scores cost in memory stands in the score traffic below, so the products themselves keep their operands.
        Operator scoring = Operator.Matmul(queriesPerRank, keys, attention.HeadDim, format, batched) with { HasOperandsOnChip = true };
        Operator weighing = Operator.Matmul(queriesPerRank, attention.HeadDim, keys, format, batched) with { HasOperandsOnChip = true };
        into[count++] = new LayerOperator(scoring, OperatorRole.AttentionForward, false);
        into[count++] = new LayerOperator(weighing, OperatorRole.AttentionForward, false);
        into[count++] = new LayerOperator(scoring with { Groups = 2 * batched }, OperatorRole.AttentionBackward, false);
        into[count++] = new LayerOperator(weighing with { Groups = 2 * batched }, OperatorRole.AttentionBackward, false);
        double scale = shape.ActivationBytes / 2;
        into[count++] = new LayerOperator(Operator.Elementwise(scores * 9 * scale, scores * 3, 3), OperatorRole.ScoreForward, false);
        into[count++] = new LayerOperator(Operator.Elementwise(scores * 11 * scale, scores * 4, 3), OperatorRole.ScoreBackward, false);
    }

    private static void Experts(
        Span<LayerOperator> into, ref int count, ModelArchitecture model, FeedForwardDescription ffn, in LayerShape shape, out double forward, out double backward)
    {
        double act = shape.ActivationBytes;
        long h = model.Hidden;
        // Tokens are dispatched from their sequence-parallel shard, so each tensor-parallel rank routes its own part of them.
        double routed = shape.Tokens / shape.TensorParallel * ffn.TopK * shape.ExpertTensorParallel;
        int local = Math.Max(1, ffn.Experts / shape.ExpertParallel);
        long rows = Math.Max(1, (long)Math.Ceiling(routed / local));
        long width = Math.Max(1, ffn.Width / shape.ExpertTensorParallel);
        Linear(into, ref count, rows, ffn.IsGated ? 2 * width : width, h, shape.Precision, local, shape.HasFrozenWeights, true);
        Linear(into, ref count, rows, h, width, shape.Precision, local, shape.HasFrozenWeights, true);
        long t = (long)Math.Ceiling(shape.Tokens / shape.TensorParallel);
        into[count++] = new LayerOperator(Operator.Matmul(t, ffn.Experts, h, NumberFormat.Bf16), OperatorRole.Forward, false);
        if (ffn.SharedExperts > 0)
        {
            long shared = Math.Max(1, (long)ffn.SharedExperts * ffn.SharedWidth / shape.TensorParallel);
            long all = (long)Math.Ceiling(shape.Tokens);
            Linear(into, ref count, all, ffn.IsGated ? 2 * shared : shared, h, shape.Precision, 1, shape.HasFrozenWeights, false);
            Linear(into, ref count, all, h, shared, shape.Precision, 1, shape.HasFrozenWeights, false);
        }

        // Permute into expert order and back: each routed token's hidden state is read and written twice.
        double permute = routed * h * act * 4;
        forward = (routed * width * act * (ffn.IsGated ? 3 : 2)) + permute;
        backward = (routed * width * act * (ffn.IsGated ? 5 : 3)) + (permute * 1.25);
    }
}
