namespace Orrery.Chips.Gpu;

/// <summary>Places of the constants of <see cref="GemmModel"/>; names, units, ranges and meanings are in <c>data/calibration/operators.yaml</c>.</summary>
public enum GemmConstant
{
    Launch,
    Rate,
    Memory,
    TileLoad,
    TileOverhead,
    DepthLatency,
    SplitOverhead,
    Overlap,
    Power,
    CacheShare,
    QuantiseMemory,
}
