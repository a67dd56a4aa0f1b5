using Orrery.Units;

namespace Orrery.Training;

/// <summary>What is kept of the forward pass for the backward pass.</summary>
public enum Recompute : byte
{
    /// <summary>Every activation is kept.</summary>
    None,

    /// <summary>The attention score block is recomputed, the rest kept.</summary>
    Selective,

    /// <summary>Only layer inputs are kept; the whole forward pass runs again.</summary>
    Full,

    /// <summary>The parts that <see cref="Plan.RecomputeModules"/> names run again.</summary>
    Modules,
}

/// <summary>Attention kernel.</summary>
public enum AttentionKernel : byte
{
    /// <summary>Fused: scores never reach device memory.</summary>
    Flash,

    /// <summary>Scores are written and read between separate kernels.</summary>
    Unfused,
}

/// <summary>Format of the optimizer's two moments of each weight; master weights are FP32 beside them.</summary>
public enum OptimizerStates : byte
{
    Fp32,
    Bf16,

    /// <summary>8-bit codes with an FP32 scale for each block of 256 (arXiv:2110.02861, in its published library).</summary>
    EightBit,
}

/// <summary>
/// How a training job is laid on a system. A value; <c>tp x pp x cp x dp</c> is the number of ranks, EP is carved out of dp (x cp x tp / etp).
/// </summary>
public sealed record Plan
{
    public int TensorParallel { get; init; } = 1;

    public int PipelineParallel { get; init; } = 1;

    /// <summary>Model chunks a rank holds (VPP); 1 is no interleaving.</summary>
    public int VirtualStages { get; init; } = 1;

    public int DataParallel { get; init; } = 1;

    public int ContextParallel { get; init; } = 1;

    public int ExpertParallel { get; init; } = 1;

    /// <summary>Tensor parallelism inside an expert.</summary>
    public int ExpertTensorParallel { get; init; } = 1;

    /// <summary>Sequences of one micro-batch.</summary>
    public int MicroBatch { get; init; } = 1;

    /// <summary>Sequences of one step over the whole job.</summary>
    public int GlobalBatch { get; init; } = 2048;

    /// <summary>Tokens a sequence.</summary>
    public int Sequence { get; init; } = 8192;

    public Recompute Recompute { get; init; }

    /// <summary>With <see cref="Recompute.Modules"/>, the parts of a layer that run again.</summary>
    public RecomputeModules RecomputeModules { get; init; }

    /// <summary>Layers of each model chunk; null is as even as can be.</summary>
    public PipelineSplit? Split { get; init; }

    public Offload Offload { get; init; }

    /// <summary>Layers ahead of the running one whose weights are gathered under ZeRO 3; 0 gathers each when it is needed, beside nothing.</summary>
    public int Prefetch { get; init; } = 1;

    /// <summary>Tokens of the rank whose experts get most, over the mean.</summary>
    public double ExpertImbalance { get; init; } = 1;

    /// <summary>
    /// Tokens every expert has room for, over the mean: shapes are fixed and padded, what is above is dropped. 0 drops nothing and runs what arrives.
    /// </summary>
    public double CapacityFactor { get; init; }

    /// <summary>Dispatch and combine of one micro-batch run beside the computation of another, which is held at the same time.</summary>
    public bool OverlapsExperts { get; init; }

    /// <summary>Mean length of the documents packed into a sequence; 0 is one document a sequence. What attention reaches is the model's, made by <see cref="PackedSequences"/>.</summary>
    public int DocumentLength { get; init; }

    /// <summary>Standard deviation of their lengths over the mean.</summary>
    public double DocumentSpread { get; init; }

    /// <summary>Routed tokens that the fullest rank computes, over the mean.</summary>
    public double ExpertLoad => CapacityFactor > 0 ? CapacityFactor : ExpertImbalance;

    /// <summary>ZeRO stage: 0 replicates, 1 shards optimizer states, 2 gradients too, 3 weights too.</summary>
    public int Zero { get; init; }

    /// <summary>Ranks that share one copy of the weights under ZeRO 3 (hybrid sharding); 0 is all data-parallel ranks.</summary>
    public int ShardRanks { get; init; }

    public bool SequenceParallel { get; init; }

    public AttentionKernel Attention { get; init; }

    /// <summary>Format of matrix products.</summary>
    public NumberFormat Precision { get; init; } = NumberFormat.Bf16;

    /// <summary>The order in which a rank runs forward and backward passes of micro-batches.</summary>
    public Schedule Schedule { get; init; } = Schedule.Usual;

    /// <summary>How context-parallel ranks attend to each other's tokens.</summary>
    public ContextLayout ContextLayout { get; init; } = ContextLayout.Usual;

    /// <summary>Ranks that swap heads in the hybrid layout; 0 is as many as the heads of keys and values allow.</summary>
    public int ContextInner { get; init; }

    /// <summary>Each context-parallel rank holds an early and a late part of the sequence, so that a causal mask gives all the same work.</summary>
    public bool IsContextBalanced { get; init; } = true;

    /// <summary>Tensor-parallel communication runs beside the products it belongs to, as far as the stack can (async TP, user buffers).</summary>
    public bool OverlapsTensorParallel { get; init; } = true;

    /// <summary>Only low-rank adapters learn: no weight gradients, no optimizer states and no gradient reduction for the frozen weights.</summary>
    public bool HasFrozenWeights { get; init; }

    /// <summary>
    /// Format in which frozen weights are kept (QLoRA, arXiv:2305.14314: 4 bits); products of 16-bit operands widen them each time. Without frozen weights
    /// it means nothing.
    /// </summary>
    public NumberFormat FrozenFormat { get; init; } = NumberFormat.Bf16;

    /// <summary>Width of the two matrices of an adapter beside each projection of attention, where only adapters learn (arXiv:2106.09685).</summary>
    public int AdapterRank { get; init; } = 16;

    public OptimizerStates OptimizerStates { get; init; }

    /// <summary>Format in which gradients are accumulated and reduced; null is the stack's own.</summary>
    public NumberFormat? Gradients { get; init; }

    /// <summary>Bytes of one of the two moments of a weight, scales included.</summary>
    public double MomentBytes => OptimizerStates switch
    {
        OptimizerStates.Bf16 => 2,
        OptimizerStates.EightBit => 1 + (4.0 / 256),
        _ => 4,
    };

    /// <summary>Bytes of optimizer states of a weight: FP32 master weights, which are the weights themselves in 32-bit training, and two moments.</summary>
    public double StateBytes => (Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 0 : 4) + (2 * MomentBytes);

    /// <summary>Bytes of one gradient under a stack whose own are <paramref name="byDefault"/>.</summary>
    public double GradientBytes(double byDefault) =>
        Gradients?.BytesPerElement() ?? (Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : byDefault);

    /// <summary>Bytes of one weight of the products as a rank keeps and gathers it.</summary>
    public double WeightBytes => Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : HasFrozenWeights ? FrozenFormat.BytesPerElement() : 2;

    /// <summary>Innermost first.</summary>
    public string Order { get; init; } = "tp-cp-ep-dp-pp";

    public int Ranks => TensorParallel * PipelineParallel * ContextParallel * DataParallel;

    /// <summary>The pipeline of one data-parallel rank.</summary>
    public PipelineShape Pipeline => new(PipelineParallel, VirtualStages, MicroBatches);

    /// <summary>Micro-batches a data-parallel rank runs in one step.</summary>
    public int MicroBatches => (int)Math.Max(1, GlobalBatch / Math.Max(1, (long)DataParallel * MicroBatch));
}
