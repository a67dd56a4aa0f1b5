namespace Orrery.Chips.Gpu;

/// <summary>Places of the constants of <see cref="LatentDecodeModel"/>; names, units, ranges and meanings are in <c>data/calibration/operators.yaml</c>.</summary>
public enum LatentDecodeConstant
{
    Launch,
    Memory,
    CacheShare,
    CacheSpeed,
    BlockOverhead,
    BlockRate,
    Rate,
    SplitOverhead,
    Overlap,
    PassMemory,
    SequenceOverhead,
}
