namespace Orrery.Chips.Neuron;

/// <summary>
/// The documented cost of NeuronCore instructions, in cycles of their engine. Cost depends on the elements a partition, never on the number of
/// partitions.
/// </summary>
/// <remarks>Source: Neuron SDK documents, NKI architecture guides of NeuronCore-v2 to v4, NKI performance guide, and instruction costs of release 2.26.</remarks>
public static class InstructionCosts
{
    /// <summary>
    /// Cycles of the product instructions that move <paramref name="columns"/> columns past one stationary tile: pieces of at most
    /// <see cref="NeuronFigures.MovingColumns"/>, each at least the instruction interval. Loading the next stationary tile hides behind them.
    /// </summary>
    public static double MovingCycles(NeuronFigures figures, double columns)
    {
        double whole = Math.Floor(columns / figures.MovingColumns) * figures.MovingColumns;
        double rest = columns - whole;
        return whole + (rest > 0 ? Math.Max(figures.InstructionInterval, rest) : 0);
    }

    /// <summary>
    /// Tensor-engine cycles of the busiest core for <paramref name="groups"/> products [m, k] x [k, n], the better operand stationary:
    /// <c>passes * ceil(k/depth) * ceil(s/P) * moving(v)</c>, the whole array paid for a partly filled tile. Cores of a rank split products,
    /// stationary tiles or moving columns, whichever is fastest.
    /// </summary>
    /// <param name="passes">Relative to BF16: 4 for FP32; below 1 the array is deeper instead (0.5 for double-row FP8, 0.25 for MX).</param>
    /// <remarks>Products of a small depth run beside each other on sub-arrays of 32 or 64 rows.</remarks>
    public static double MatmulCycles(NeuronFigures figures, long m, long n, long k, double passes, int groups = 1)
    {
        if (m <= 0 || n <= 0 || k <= 0 || groups <= 0)
            return 0;
        double depth = figures.Partitions / Math.Min(1, passes);
        double together = groups;
        if (groups > 1 && passes >= 1 && 2 * k <= figures.Partitions)
        {
            double rows = figures.SmallestSubarray;
            while (rows < k)
                rows *= 2;
            together = Math.Ceiling(groups * rows / figures.Partitions);
        }

        double oneWay = Share(figures, m, n, together);
        double otherWay = Share(figures, n, m, together);
        return Math.Max(1, passes) * Math.Ceiling(k / depth) * Math.Min(oneWay, otherWay);
    }

    /// <summary>Cycles of vector- or scalar-engine instructions over <paramref name="columns"/> elements a partition, cut into pieces of <paramref name="piece"/>.</summary>
    /// <param name="perElement">Cycles an element: 1 plain, 2 for two tiles from SBUF, a fraction in the fast modes.</param>
    /// <param name="overhead">Cycles an instruction adds where it waits for the one before.</param>
    public static double VectorCycles(NeuronFigures figures, double columns, double perElement, double piece, double overhead)
    {
        if (columns <= 0)
            return 0;
        double instructions = Math.Ceiling(columns / piece);
        return Math.Max(figures.InstructionInterval * instructions, columns * perElement) + (instructions * overhead);
    }

    /// <summary>Cycles an element of a one-input vector instruction on 16-bit SBUF data (fast mode).</summary>
    public static double VectorCopy16(NeuronFigures figures) => (double)figures.Partitions / figures.VectorWidth16;

    /// <summary>The same with one side in PSUM: half the fast mode, never slower than one element a lane.</summary>
    public static double VectorCopy16FromPsum(NeuronFigures figures) => Math.Min(1, 2.0 * figures.Partitions / figures.VectorWidth16);

    /// <summary>Cycles an element of a two-input vector instruction on 16-bit SBUF data: 2 without fast modes, 1 with.</summary>
    public static double VectorTwoInput16(NeuronFigures figures) => figures.VectorWidth16 > figures.Partitions ? 1 : 2;

    /// <summary>Cycles an element of a one-input scalar instruction on 16-bit data.</summary>
    public static double ScalarCopy16(NeuronFigures figures) => (double)figures.Partitions / figures.ScalarWidth16;

    private static double Share(NeuronFigures figures, double stationary, double moving, double groups)
    {
        double tiles = Math.Ceiling(stationary / figures.Partitions);
        double columns = MovingCycles(figures, moving);
        if (figures.Cores == 1)
            return groups * tiles * columns;
        double byGroup = Math.Ceiling(groups / figures.Cores) * tiles * columns;
        double byTile = groups * Math.Ceiling(tiles / figures.Cores) * columns;
        double byColumn = groups * tiles * MovingCycles(figures, Math.Ceiling(moving / figures.Cores));
        return Math.Min(byGroup, Math.Min(byTile, byColumn));
    }
}
