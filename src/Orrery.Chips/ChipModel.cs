using Orrery.Catalog;
using Orrery.Operators;

namespace Orrery.Chips;

/// <summary>A chip under its kernel library: answers what one operator costs on one rank.</summary>
public abstract class ChipModel(ChipDescription chip, int ranksPerChip)
{
    public ChipDescription Chip { get; } = chip;

    /// <summary>Ranks that share the chip; engines, memory bandwidth and capacity divide by it.</summary>
    public int RanksPerChip { get; } = ranksPerChip;

    /// <summary>
    /// Cost of <paramref name="work"/> on one rank with all ranks of the chip busy. Deterministic and pure; callers memoise.
    /// Shapes with a zero dimension cost nothing.
    /// </summary>
    public abstract OperatorCost Cost(in Operator work);

    /// <summary>
    /// Standard deviation of log(measured/predicted) of this operator's class on rows not fitted, for the interval.
    /// Wider where the constants are a family's and not the chip's own.
    /// </summary>
    public abstract double Sigma(in Operator work);

    /// <summary>Where the constants of this operator came from, one line for <c>orrery explain</c>.</summary>
    public abstract string Provenance(in Operator work);
}
