using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// How a model is laid on the ranks of one system. A replica is one engine with a queue and a cache of its own; it has
/// <c>TensorParallel x DataParallel x PipelineParallel</c> ranks.
/// </summary>
public sealed record ServingPlan
{
    public required int TensorParallel { get; init; }

    public int PipelineParallel { get; init; } = 1;

    /// <summary>Attention data parallelism: ranks of one replica that each attend for a part of its sequences.</summary>
    public int DataParallel { get; init; } = 1;

    /// <summary>Ranks that share out the experts; divides <c>TensorParallel x DataParallel</c>.</summary>
    public int ExpertParallel { get; init; } = 1;

    public required int Replicas { get; init; }

    /// <summary>Format of the linear products.</summary>
    public NumberFormat Precision { get; init; } = NumberFormat.Bf16;

    /// <summary>Format of the products of routed experts.</summary>
    public NumberFormat ExpertPrecision { get; init; } = NumberFormat.Bf16;

    /// <summary>Format of cached keys and values.</summary>
    public NumberFormat KvPrecision { get; init; } = NumberFormat.Bf16;

    /// <summary>Ranks of one replica.</summary>
    public int RanksPerReplica => TensorParallel * DataParallel * PipelineParallel;

    /// <summary>Ranks that split one expert.</summary>
    public int ExpertTensorParallel => Math.Max(1, TensorParallel * DataParallel / ExpertParallel);
}
