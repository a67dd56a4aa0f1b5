using Orrery.Operators;

namespace Orrery.Chips.Gpu;

/// <summary>
/// Time of a layer of routed experts on a GPU, and of one of its grouped products: blocks over the tokens of every expert in whole waves, the
/// weights of the experts that have tokens, and the passes around them.
/// </summary>
/// <remarks>
/// For each product [n_e, k] x [k, n] over the experts e of the busiest rank, SM multiprocessors, tile TM x TN, ea and eb bytes an element:
/// <code>
/// blocks = sum over e of ceil(n_e/TM) * ceil(n/TN)
/// block  = S(2 TM TN k / (peak rate / SM), (min(TM, max n_e) ea + min(TN,n) eb) k / tileLoad, k depthLatency) + tileOverhead
/// exec   = ceil(blocks / SM) block (1 + power x / (x + ramp)),   x = 2 pairs n k / peak
/// dram   = (active n k eb + pairs (k ea + 2 n)) / (HBM memory)
/// t      = launch + sum over both products of min over tiles of S(exec, dram)
///          + pairs pairOverhead + experts expertOverhead + passes / (HBM passMemory)
/// passes = 2 pairs (4 hidden + (gates + 1) width): permuting, activation, weighted sum
/// </code>
/// A library may take the tile height from the mean tokens an expert instead of the fastest. Never below the peak of the matrix units.
/// Source of the form: published tables of expert layers of GPUs from A100 to GB200.
/// </remarks>
public sealed class ExpertModel
{
    private readonly GpuFigures chip;
    private readonly GemmFormat format;
    private readonly ExpertStructure structure;
    private readonly int[] tileRows;
    private readonly int[] tileColumns;
    private readonly double[] matrixPerDepth;
    private readonly double launch;
    private readonly double rate;
    private readonly double memoryRate;
    private readonly double tileLoad;
    private readonly double tileOverhead;
    private readonly double overlap;
    private readonly double power;
    private readonly double pairOverhead;
    private readonly double expertOverhead;
    private readonly double passRate;

    /// <summary>Constants in the order of <see cref="ExpertConstant"/>, SI units.</summary>
    public ExpertModel(in GpuFigures chip, in GemmFormat format, ExpertStructure structure, ReadOnlySpan<double> constants)
    {
        ArgumentNullException.ThrowIfNull(structure);
        this.chip = chip;
        this.format = format;
        this.structure = structure;
        tileRows = [.. structure.TileRows];
        tileColumns = [.. structure.TileColumns];
        launch = constants[(int)ExpertConstant.Launch];
        rate = constants[(int)ExpertConstant.Rate];
        memoryRate = chip.MemoryBandwidth * constants[(int)ExpertConstant.Memory];
        tileLoad = constants[(int)ExpertConstant.TileLoad];
        tileOverhead = constants[(int)ExpertConstant.TileOverhead];
        double depthLatency = constants[(int)ExpertConstant.DepthLatency];
        overlap = constants[(int)ExpertConstant.Overlap];
        power = constants[(int)ExpertConstant.Power];
        pairOverhead = constants[(int)ExpertConstant.PairOverhead];
        expertOverhead = constants[(int)ExpertConstant.ExpertOverhead];
        passRate = chip.MemoryBandwidth * constants[(int)ExpertConstant.PassMemory];
        double coreRate = format.Peak * rate / chip.Multiprocessors;
        matrixPerDepth = new double[tileRows.Length * tileColumns.Length];
        for (int row = 0; row < tileRows.Length; row++)
        {
            for (int column = 0; column < tileColumns.Length; column++)
                matrixPerDepth[(row * tileColumns.Length) + column] = SmoothMaximum.Of(2.0 * tileRows[row] * tileColumns[column] / coreRate, depthLatency, overlap);
        }
    }

    /// <summary>Time of the whole layer on the busiest rank. Zero shapes cost nothing.</summary>
    /// <param name="tokens">Tokens of all ranks among which the experts are dealt.</param>
    /// <param name="hidden">Width of a token.</param>
    /// <param name="width">Middle width of an expert on this rank.</param>
    /// <param name="isGated">Two products into the middle width.</param>
    public KernelTime Layer(long tokens, long hidden, long width, bool isGated, in ExpertRouting routing)
    {
        if (tokens <= 0 || hidden <= 0 || width <= 0)
            return default;
        ExpertBlocks load = ExpertBlocks.Of(tokens, routing, structure);
        int gates = isGated ? 2 : 1;
        double matrix = 0;
        double bytes = 0;
        // The libraries that choose by a mean divide what all tokens choose by the experts of the rank, as if every choice fell on it.
        double mean = (double)tokens * routing.TopK / load.Local;
        double products = Product(load.RowBlocks, load.Most, mean, load.Pairs, load.Active, gates * width, hidden, ref matrix, ref bytes)
            + Product(load.RowBlocks, load.Most, mean, load.Pairs, load.Active, hidden, width, ref matrix, ref bytes);
        double choices = (double)tokens * routing.TopK;
        double passes = 2.0 * ((2.0 * tokens * hidden) + (load.Pairs * ((2.0 * hidden) + ((gates + 1.0) * width))));
        double time = products + (choices * pairOverhead) + (load.Local * expertOverhead) + (passes / passRate);
        return new KernelTime(launch, time, matrix, 0, bytes + passes);
    }

    /// <summary>Time of one product over <paramref name="groups"/> experts with <paramref name="m"/> tokens each, nothing around it but the pass that quantises.</summary>
    public KernelTime Product(long m, long n, long k, int groups)
    {
        if (m <= 0 || n <= 0 || k <= 0 || groups <= 0)
            return default;
        Span<long> blocks = stackalloc long[tileRows.Length];
        for (int tile = 0; tile < blocks.Length; tile++)
            blocks[tile] = groups * ((m + tileRows[tile] - 1) / tileRows[tile]);
        double matrix = 0;
        double bytes = 0;
        double time = Product(blocks, (int)Math.Min(m, int.MaxValue), m, (double)m * groups, groups, n, k, ref matrix, ref bytes);
        if (format.IsQuantised)
            time += (double)m * groups * k * (2 + format.ActivationBytes) / passRate;
        return new KernelTime(launch, time, matrix, 0, bytes);
    }

    private double Product(
        ReadOnlySpan<long> rowBlocks, int most, double mean, double pairs, double active, double n, double k, ref double matrix, ref double bytes)
    {
        double ideal = 2 * pairs * n * k / format.Peak;
        double moved = (active * n * k * format.WeightBytes) + (pairs * ((k * format.ActivationBytes) + (n * format.OutputBytes)));
        (int first, int last) = Tiles(mean);
        double fastest = double.PositiveInfinity;
        for (int row = first; row <= last; row++)
        {
            double loadedRows = Math.Min(tileRows[row], most) * format.ActivationBytes;
            for (int column = 0; column < tileColumns.Length; column++)
            {
                double waves = Math.Ceiling(rowBlocks[row] * Math.Ceiling(n / tileColumns[column]) / chip.Multiprocessors);
                double feed = (loadedRows + (Math.Min(tileColumns[column], n) * format.WeightBytes)) / tileLoad;
                double body = SmoothMaximum.Of(matrixPerDepth[(row * tileColumns.Length) + column], feed, overlap);
                fastest = Math.Min(fastest, waves * ((body * k) + tileOverhead));
            }
        }

        matrix += ideal / rate;
        bytes += moved;
        return SmoothMaximum.Of(fastest * (1 + (power * ideal / (ideal + structure.PowerRamp))), moved / memoryRate, overlap);
    }

    /// <summary>Tile heights the library tries: all, or those around the mean tokens an expert.</summary>
    private (int First, int Last) Tiles(double mean)
    {
        int last = tileRows.Length - 1;
        if (structure.TilesFromMean < 0)
            return (0, last);
        int place = 0;
        while (place < last && tileRows[place] < mean)
            place++;
        return (Math.Max(0, place - structure.TilesFromMean), Math.Min(last, place + structure.TilesFromMean));
    }
}
