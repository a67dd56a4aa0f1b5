namespace Orrery.Chips.Gpu;

/// <summary>Places of the constants of <see cref="ElementwiseModel"/>; names, units, ranges and meanings are in <c>data/calibration/operators.yaml</c>.</summary>
public enum ElementwiseConstant
{
    Floor,
    Memory,
    CacheShare,
}
