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

    /// <summary>
    /// A layer of experts from its parts, for chips that have no model of the whole: both products over the experts of the busiest rank that have tokens,
    /// each with the mean of them, and the bytes of permuting, activation and weighted sum.
    /// </summary>
    protected OperatorCost ExpertLayerFromParts(in Operator work)
    {
        long pairs = 0;
        int active = 0;
        foreach (int rows in ExpertLoad.Busiest(work.M, work.Routing))
        {
            pairs += rows;
            active += rows > 0 ? 1 : 0;
        }

        if (active == 0)
            return default;
        long mean = (pairs + active - 1) / active;
        int gates = work.IsGated ? 2 : 1;
        OperatorCost first = Cost(Operator.Matmul(mean, gates * work.N, work.K, work.Format, active) with { IsRouted = true });
        OperatorCost second = Cost(Operator.Matmul(mean, work.K, work.N, work.Format, active) with { IsRouted = true });
        double bytes = 2.0 * pairs * ((4 * work.K) + ((gates + 1) * work.N));
        OperatorCost moving = Cost(Operator.Elementwise(bytes, bytes / 4, 3));
        return new OperatorCost(
            first.Launch + second.Launch + moving.Launch,
            first.Execution + second.Execution + moving.Execution,
            first.MatrixBusy + second.MatrixBusy,
            first.VectorBusy + second.VectorBusy + moving.VectorBusy,
            first.MemoryBytes + second.MemoryBytes + moving.MemoryBytes,
            first.Flop + second.Flop);
    }
}
