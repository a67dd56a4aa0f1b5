namespace Orrery.Chips.Gpu;

/// <summary>
/// Time of a matrix product [m, k] x [k, n] on a GPU: the tile shape and split that are fastest, in whole waves of blocks.
/// </summary>
/// <remarks>
/// <code>
/// kc    = ceil(k / s / step) * step                       depth of one block
/// waves = ceil(groups * ceil(m/TM) * ceil(n/TN) * s / SM) whole waves
/// mma   = 2 TM TN kc / (peak rate / SM)                   a padded tile is paid in full
/// load  = (min(TM,m) ea + min(TN,n) eb) kc / tileLoad
/// lat   = kc depthLatency
/// exec  = waves (S(mma, load, lat) + tileOverhead) (1 + power x / (x + ramp)),  x = 2 m n k / peak
/// dram  = bytes (miss + cachedShare (1 - miss)) / (HBM memory),  miss = 1 / (1 + (cacheShare L2 / bytes)^3), 1 when cold
/// red   = s > 1 ? splitOverhead + 4 s m n / HBM : 0
/// t     = launch + min over tiles and splits of S(exec, dram) + red + [m k (2 + ea) / (HBM quantiseMemory)]
/// </code>
/// S is the smooth maximum with exponent <c>overlap</c>; the bracket is the pass that quantises activations, for formats that need one. Each candidate grows with m, n and k and falls with bandwidth, so the minimum does
/// too. Never below peak or (cold) memory time. Source of the form: published operator tables of GPUs from A100 to GB200.
/// </remarks>
public sealed class GemmModel
{
    /// <summary>Most tile shapes a structure may list.</summary>
    public const int MostTiles = 16;

    private readonly GpuFigures chip;
    private readonly GemmFormat format;
    private readonly int[] tileRows;
    private readonly int[] tileColumns;
    private readonly int[] splits;
    private readonly double[] matrixPerDepth;
    private readonly double[] poweredPerDepth;
    private readonly double[] fullBodyPerDepth;
    private readonly double depthStep;
    private readonly double powerRamp;
    private readonly double cachedShare;
    private readonly double launch;
    private readonly double rate;
    private readonly double memoryRate;
    private readonly double tileLoad;
    private readonly double tileOverhead;
    private readonly double splitOverhead;
    private readonly double overlap;
    private readonly double power;
    private readonly double cacheBytes;
    private readonly double quantiseRate;

    /// <summary>Constants in the order of <see cref="GemmConstant"/>, SI units; the last is ignored for formats that need no quantising.</summary>
    public GemmModel(in GpuFigures chip, in GemmFormat format, GemmStructure structure, ReadOnlySpan<double> constants)
    {
        ArgumentNullException.ThrowIfNull(structure);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(structure.Tiles.Length, MostTiles, nameof(structure));
        this.chip = chip;
        this.format = format;
        launch = constants[(int)GemmConstant.Launch];
        rate = constants[(int)GemmConstant.Rate];
        memoryRate = chip.MemoryBandwidth * constants[(int)GemmConstant.Memory];
        tileLoad = constants[(int)GemmConstant.TileLoad];
        tileOverhead = constants[(int)GemmConstant.TileOverhead];
        double depthLatency = constants[(int)GemmConstant.DepthLatency];
        splitOverhead = constants[(int)GemmConstant.SplitOverhead];
        overlap = constants[(int)GemmConstant.Overlap];
        power = constants[(int)GemmConstant.Power];
        cacheBytes = chip.CacheBytes * constants[(int)GemmConstant.CacheShare];
        quantiseRate = chip.MemoryBandwidth * constants[(int)GemmConstant.QuantiseMemory];

        depthStep = structure.DepthStep;
        powerRamp = structure.PowerRamp;
        cachedShare = structure.CachedShare;
        splits = [.. structure.Splits];
        int tiles = structure.Tiles.Length;
        tileRows = new int[tiles];
        tileColumns = new int[tiles];
        matrixPerDepth = new double[tiles];
        poweredPerDepth = new double[tiles];
        fullBodyPerDepth = new double[tiles];
        double coreRate = format.Peak * rate / chip.Multiprocessors;
        for (int tile = 0; tile < tiles; tile++)
        {
            (int rows, int columns) = structure.Tiles[tile];
            tileRows[tile] = rows;
            tileColumns[tile] = columns;
            matrixPerDepth[tile] = 2.0 * rows * columns / coreRate;
            poweredPerDepth[tile] = Scaled(depthLatency, matrixPerDepth[tile]);
            fullBodyPerDepth[tile] = BodyPerDepth(tile, rows, columns);
        }
    }

    /// <summary>Fixed time of an isolated product, in s.</summary>
    public double Launch => launch;

    /// <summary>Bytes a second of the pass that quantises, read and written; 0 for formats whose constants have none.</summary>
    public double QuantiseRate => quantiseRate;

    /// <summary>Time of <paramref name="groups"/> equal products; <paramref name="isCold"/> when other work has evicted the operands. Zero shapes cost nothing.</summary>
    public KernelTime Evaluate(long m, long n, long k, int groups = 1, bool isCold = false)
    {
        if (m <= 0 || n <= 0 || k <= 0 || groups <= 0)
            return default;
        double products = groups;
        double outputs = products * m * n;
        double bytes = products * (((double)m * k * format.ActivationBytes) + ((double)n * k * format.WeightBytes)) + (outputs * format.OutputBytes);
        double ideal = 2 * outputs * k / format.Peak;
        double slowdown = 1 + (power * ideal / (ideal + powerRamp));
        double miss = 1;
        if (!isCold)
        {
            double resident = cacheBytes / bytes;
            miss = 1 / (1 + (resident * resident * resident));
        }

        double dram = bytes * (miss + (cachedShare * (1 - miss))) / memoryRate;
        double best = Fastest(m, n, k, products, outputs, slowdown, dram);
        if (format.IsQuantised)
            best += products * m * k * (2 + format.ActivationBytes) / quantiseRate;

        return new KernelTime(launch, best, ideal / rate, 0, bytes);
    }

    private double Fastest(long m, long n, long k, double products, double outputs, double slowdown, double dram)
    {
        int tiles = tileRows.Length;
        Span<double> blocks = stackalloc double[MostTiles];
        Span<double> body = stackalloc double[MostTiles];
        for (int tile = 0; tile < tiles; tile++)
        {
            int rows = tileRows[tile];
            int columns = tileColumns[tile];
            blocks[tile] = products * ((m + rows - 1) / rows) * ((n + columns - 1) / columns);
            body[tile] = m >= rows && n >= columns
                ? fullBodyPerDepth[tile]
                : BodyPerDepth(tile, (int)Math.Min(rows, m), (int)Math.Min(columns, n));
        }

        double multiprocessors = chip.Multiprocessors;
        double best = double.PositiveInfinity;
        foreach (int split in splits)
        {
            double depth = Math.Ceiling(k / (split * depthStep)) * depthStep;
            double reduction = split > 1 ? splitOverhead + (4.0 * split * outputs / chip.MemoryBandwidth) : 0;
            // Reductions only grow with the split, and nothing runs faster than memory.
            if (dram + reduction >= best)
                break;
            double fastest = double.PositiveInfinity;
            for (int tile = 0; tile < tiles; tile++)
            {
                double waves = Math.Ceiling(blocks[tile] * split / multiprocessors);
                fastest = Math.Min(fastest, waves * ((body[tile] * depth) + tileOverhead));
            }

            fastest *= slowdown;
            if (Math.Max(fastest, dram) + reduction >= best)
                continue;
            best = Math.Min(best, SmoothMaximum.Of(fastest, dram, overlap) + reduction);
        }

        return best;
    }

    /// <summary>Smooth maximum of matrix, load and latency time for one element of depth.</summary>
    private double BodyPerDepth(int tile, int rows, int columns)
    {
        double load = ((rows * format.ActivationBytes) + (columns * format.WeightBytes)) / tileLoad;
        return SmoothMaximum.Of(poweredPerDepth[tile], load, overlap);
    }

    private double Scaled(double latency, double matrix) => SmoothMaximum.Of(matrix, latency, overlap);
}
