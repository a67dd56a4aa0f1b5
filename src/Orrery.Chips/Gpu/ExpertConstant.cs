namespace Orrery.Chips.Gpu;

/// <summary>Places of the constants of <see cref="ExpertModel"/>; names, units, ranges and meanings are in <c>data/calibration/operators.yaml</c>.</summary>
public enum ExpertConstant
{
    Launch,
    Rate,
    Memory,
    TileLoad,
    TileOverhead,
    DepthLatency,
    Overlap,
    Power,
    PairOverhead,
    ExpertOverhead,
    PassMemory,
}
