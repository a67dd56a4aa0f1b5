namespace Orrery.Chips.Gpu;

/// <summary>Places of the constants of <see cref="PrefillAttentionModel"/>; names, units, ranges and meanings are in <c>data/calibration/operators.yaml</c>.</summary>
public enum PrefillConstant
{
    Launch,
    Rate,
    Exponential,
    PassMemory,
    BlockOverhead,
    Overlap,
    TileLatency,
    UnitOverlap,
    WindowOverhead,
    WideHead,
    CacheShare,
    CacheFall,
}
