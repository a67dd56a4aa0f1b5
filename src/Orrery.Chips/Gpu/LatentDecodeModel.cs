namespace Orrery.Chips.Gpu;

/// <summary>
/// Time of latent attention of one new token a sequence over its compressed cache: blocks of query heads that all read the same vectors, in
/// whole waves, the cache cut into the number of parts that is fastest.
/// </summary>
/// <remarks>
/// w elements of a cached vector, v of them values, S cached tokens, e bytes a cached element, SM multiprocessors:
/// <code>
/// kv     = B S w e;  miss = 1 / (1 + (cacheShare L2 / kv)^3), 1 when cold
/// dram   = kv (miss + (1 - miss) / cacheSpeed) / (HBM memory)
/// tokens = ceil(S / s / tile) tile
/// block  = blockOverhead + S_o(2 heads tokens (w + v) / (peak rate / SM), tokens w e / blockRate)     padded heads are paid in full
/// t      = launch + min over s of S_o(ceil(B ceil(H/heads) s / SM) block, dram) + (s > 1)(splitOverhead + 4 s B H v / (HBM memory))
///          + 4 B H (w + v) / (HBM passMemory) + B sequenceOverhead
/// </code>
/// S_o is the smooth maximum with exponent <c>overlap</c>. A library whose kernels never cut the cache has s = 1. Never below the peak of the matrix
/// units. Source of the form: published operator tables of GPUs from A100 to GB200.
/// </remarks>
public sealed class LatentDecodeModel
{
    private readonly GpuFigures chip;
    private readonly LatentDecodeStructure structure;
    private readonly int[] splits;
    private readonly double launch;
    private readonly double memoryRate;
    private readonly double cacheBytes;
    private readonly double cacheSpeed;
    private readonly double blockOverhead;
    private readonly double blockRate;
    private readonly double coreRate;
    private readonly double splitOverhead;
    private readonly double overlap;
    private readonly double passRate;
    private readonly double sequenceOverhead;

    /// <summary>Constants in the order of <see cref="LatentDecodeConstant"/>, SI units; <paramref name="peak"/> of the format the kernel multiplies in, FLOP/s.</summary>
    public LatentDecodeModel(in GpuFigures chip, double peak, LatentDecodeStructure structure, ReadOnlySpan<double> constants)
    {
        ArgumentNullException.ThrowIfNull(structure);
        this.chip = chip;
        this.structure = structure;
        splits = [.. structure.Splits];
        launch = constants[(int)LatentDecodeConstant.Launch];
        memoryRate = chip.MemoryBandwidth * constants[(int)LatentDecodeConstant.Memory];
        cacheBytes = chip.CacheBytes * constants[(int)LatentDecodeConstant.CacheShare];
        cacheSpeed = constants[(int)LatentDecodeConstant.CacheSpeed];
        blockOverhead = constants[(int)LatentDecodeConstant.BlockOverhead];
        blockRate = constants[(int)LatentDecodeConstant.BlockRate];
        coreRate = peak * constants[(int)LatentDecodeConstant.Rate] / chip.Multiprocessors;
        splitOverhead = constants[(int)LatentDecodeConstant.SplitOverhead];
        overlap = constants[(int)LatentDecodeConstant.Overlap];
        passRate = chip.MemoryBandwidth * constants[(int)LatentDecodeConstant.PassMemory];
        sequenceOverhead = constants[(int)LatentDecodeConstant.SequenceOverhead];
    }

    /// <summary>Time of one step; <paramref name="isCold"/> when other layers have evicted the cache since the last. Zero shapes cost nothing.</summary>
    /// <param name="keyWidth">Elements of a cached vector.</param>
    /// <param name="valueWidth">Elements of it that are values.</param>
    public KernelTime Evaluate(int batch, int keys, int heads, int keyWidth, int valueWidth, double cacheElementBytes, bool isCold)
    {
        if (batch <= 0 || keys <= 0 || heads <= 0 || keyWidth <= 0)
            return default;
        double element = structure.HasNarrowCache ? cacheElementBytes : Math.Max(2, cacheElementBytes);
        double stored = (double)batch * keys * keyWidth * element;
        double miss = 1;
        if (!isCold)
        {
            double resident = cacheBytes / stored;
            miss = 1 / (1 + (resident * resident * resident));
        }

        double dram = stored * (miss + ((1 - miss) / cacheSpeed)) / memoryRate;
        double blocks = batch * Math.Ceiling((double)heads / structure.Heads);
        double matrixPerToken = 2.0 * structure.Heads * (keyWidth + valueWidth) / coreRate;
        double perToken = SmoothMaximum.Of(matrixPerToken, keyWidth * element / blockRate, overlap);
        double result = 4.0 * batch * heads * valueWidth / memoryRate;
        double best = double.PositiveInfinity;
        foreach (int split in splits)
        {
            double reduction = split > 1 ? splitOverhead + (split * result) : 0;
            if (dram + reduction >= best)
                break;
            double depth = Math.Ceiling(keys / ((double)split * structure.Tile)) * structure.Tile;
            double busy = Math.Ceiling(blocks * split / chip.Multiprocessors) * (blockOverhead + (depth * perToken));
            if (Math.Max(busy, dram) + reduction >= best)
                continue;
            best = Math.Min(best, SmoothMaximum.Of(busy, dram, overlap) + reduction);
        }

        double passes = 4.0 * batch * heads * (keyWidth + valueWidth);
        double matrix = matrixPerToken * keys * blocks / chip.Multiprocessors;
        return new KernelTime(launch, best + (passes / passRate) + (batch * sequenceOverhead), matrix, 0, stored + passes);
    }
}
