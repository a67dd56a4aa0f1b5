namespace Orrery.Chips.Gpu;

/// <summary>Places of the constants of <see cref="DecodeAttentionModel"/>; names, units, ranges and meanings are in <c>data/calibration/operators.yaml</c>.</summary>
public enum DecodeConstant
{
    Launch,
    Memory,
    CacheShare,
    GroupedOverhead,
    GroupedRate,
    SingleOverhead,
    SingleRate,
    SplitOverhead,
    Overlap,
    PassMemory,
    SequenceOverhead,
}
