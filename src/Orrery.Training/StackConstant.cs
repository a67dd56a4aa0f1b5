namespace Orrery.Training;

/// <summary>
/// Constants of a software stack that the step model reads. Order, names, units, ranges and defaults are those of
/// <c>data/stacks/constants.yaml</c>; a test holds the two together.
/// </summary>
public enum StackConstant : byte
{
    HostForwardPerLayer,
    HostBackwardPerLayer,
    HostTensorParallel,
    HostPerMicroBatch,
    HostPerHop,
    HostPerStep,
    HostSyncPerMoeLayer,
    MatmulRate,
    MatmulRateFp32,
    MatmulRateFp8,
    MatmulRateFp4,
    SustainedClock,
    MisalignedRate,
    AttentionShare,
    AttentionBackwardRatio,
    ScoreTraffic,
    ElementwiseScale,
    KernelGap,
    TensorParallelScale,
    TensorParallelOverlap,
    NicShare,
    HopNicScale,
    DataParallelOverlap,
    DataParallelScale,
    OverlapSlowdown,
    ShardedExposure,
    GatherLatency,
    GatherLatencyPerRank,
    ExpertParallelScale,
    ExpertParallelOverlap,
    GroupedRate,
    OptimizerBytes,
    LossBytes,
    JitterPerDoubling,
    SmoothExponent,
    WorkspacePerLayerParameter,
    WorkspacePerLogit,
    WorkspacePerToken,
}
