namespace Orrery.Chips.Gpu;

/// <summary>
/// Time of fused attention over whole sequences: matrix units and exponential unit side by side over the tiles that the mask lets
/// through, the longest block, and the passes before and after it that rotate and store keys.
/// </summary>
/// <remarks>
/// For each tile height T, with nq = ceil(queries/T), til the tile pairs a head computes (causal without cache: nq(nq+1)/2),
/// c = min(T, keys rounded up to keyStep), blocks = B H and D the head dimension:
/// <code>
/// mma  = 4 T c D til blocks / (peak rate) max(1, D/narrowHead)^wideHead
/// exp  = T c til blocks / (exponentials/s * exponential)
/// work = S_u(mma, exp)
/// full = work + blockOverhead blocks nq / SM
/// one  = longest (work SM / (til blocks) + tileLatency) + blockOverhead,   longest: key tiles of the longest block
/// t    = launch + min over T of S(full, one) windowOverhead^(window > 0) + moved (miss + cachedShare (1 - miss)) / (HBM passMemory)
/// moved = 2 B queries (2 H + 4 K) D,   miss = 1 / (1 + (cacheShare L2 / moved)^cacheFall): what the passes before have left in the last-level cache
/// </code>
/// S_u has the exponent <c>unitOverlap</c>, S <c>overlap</c>. The gradient repeats the exponentials and has <c>backwardProducts</c> times the
/// matrix work. The last term is left out where rotation is an operator of its own, as in training. Never below the peak of the matrix units.
/// Source of the form: published operator tables of GPUs from A100 to GB200.
/// </remarks>
public sealed class PrefillAttentionModel
{
    private readonly GpuFigures chip;
    private readonly PrefillStructure structure;
    private readonly int[] tiles;
    private readonly double peak;
    private readonly double launch;
    private readonly double rate;
    private readonly double exponentialRate;
    private readonly double passRate;
    private readonly double blockOverhead;
    private readonly double overlap;
    private readonly double tileLatency;
    private readonly double unitOverlap;
    private readonly double windowOverhead;
    private readonly double wideHead;
    private readonly double cacheBytes;
    private readonly double cacheFall;

    /// <summary>Constants in the order of <see cref="PrefillConstant"/>, SI units; <paramref name="peak"/> of the format the kernel multiplies in, FLOP/s.</summary>
    public PrefillAttentionModel(in GpuFigures chip, double peak, PrefillStructure structure, ReadOnlySpan<double> constants)
    {
        ArgumentNullException.ThrowIfNull(structure);
        this.chip = chip;
        this.structure = structure;
        this.peak = peak;
        tiles = [.. structure.Tiles];
        launch = constants[(int)PrefillConstant.Launch];
        rate = constants[(int)PrefillConstant.Rate];
        exponentialRate = chip.ExponentialRate * constants[(int)PrefillConstant.Exponential];
        passRate = chip.MemoryBandwidth * constants[(int)PrefillConstant.PassMemory];
        blockOverhead = constants[(int)PrefillConstant.BlockOverhead];
        overlap = constants[(int)PrefillConstant.Overlap];
        tileLatency = constants[(int)PrefillConstant.TileLatency];
        unitOverlap = constants[(int)PrefillConstant.UnitOverlap];
        windowOverhead = constants[(int)PrefillConstant.WindowOverhead];
        wideHead = constants[(int)PrefillConstant.WideHead];
        cacheBytes = chip.CacheBytes * constants[(int)PrefillConstant.CacheShare];
        cacheFall = constants[(int)PrefillConstant.CacheFall];
    }

    /// <summary>Time of one attention. Zero shapes cost nothing.</summary>
    /// <param name="isBackward">The gradient instead of the forward pass.</param>
    /// <param name="hasPasses">Whether the passes that rotate and store keys belong to it, as they do in inference tables.</param>
    public KernelTime Evaluate(in AttentionShape shape, bool isBackward, bool hasPasses)
    {
        double blocks = (double)shape.Batch * shape.Heads;
        if (blocks <= 0 || shape.Queries <= 0 || shape.Keys <= 0 || shape.HeadDim <= 0)
            return default;
        double products = isBackward ? structure.BackwardProducts : 1;
        double slowdown = shape.HeadDim > structure.NarrowHead ? Math.Exp(wideHead * Math.Log((double)shape.HeadDim / structure.NarrowHead)) : 1;
        double rounded = Math.Ceiling((double)shape.Keys / structure.KeyStep) * structure.KeyStep;
        double best = double.PositiveInfinity;
        double matrix = 0;
        double exponential = 0;
        foreach (int tile in tiles)
        {
            Tiles(shape, tile, out double rows, out double pairs, out double longest);
            double scores = tile * Math.Min(tile, rounded) * pairs * blocks;
            double tileMatrix = 4 * scores * shape.HeadDim * products * slowdown / (peak * rate);
            double tileExponential = scores / exponentialRate;
            double work = SmoothMaximum.Of(tileMatrix, tileExponential, unitOverlap);
            double full = work + (blockOverhead * blocks * rows / chip.Multiprocessors);
            double one = (longest * ((work * chip.Multiprocessors / (pairs * blocks)) + tileLatency)) + blockOverhead;
            double time = SmoothMaximum.Of(full, one, overlap);
            if (time < best)
            {
                best = time;
                matrix = tileMatrix;
                exponential = tileExponential;
            }
        }

        if (shape.Window > 0 && shape.Window < shape.Keys)
            best *= windowOverhead;
        double bytes = 4.0 * shape.Batch * shape.HeadDim * (((double)shape.Heads * shape.Queries) + ((double)shape.KvHeads * shape.Keys)) * (isBackward ? 2 : 1);
        if (hasPasses)
        {
            double passes = 2.0 * shape.Batch * shape.Queries * ((2.0 * shape.Heads) + (4.0 * shape.KvHeads)) * shape.HeadDim;
            double resident = cacheBytes / passes;
            double kept = cacheFall == 3 ? resident * resident * resident : Math.Pow(resident, cacheFall);
            double miss = 1 / (1 + kept);
            best += passes * (miss + (structure.CachedShare * (1 - miss))) / passRate;
            bytes += passes;
        }

        return new KernelTime(launch, best, matrix, exponential, bytes);
    }

    /// <summary>Query tiles, tile pairs that hold an unmasked score, and key tiles of the block that has most.</summary>
    private static void Tiles(in AttentionShape shape, double tile, out double rows, out double pairs, out double longest)
    {
        rows = Math.Ceiling(shape.Queries / tile);
        double keys = Math.Ceiling(shape.Keys / tile);
        if (!shape.IsCausal)
        {
            pairs = rows * keys;
            longest = keys;
            return;
        }

        double past = Math.Ceiling(Math.Max(0, shape.Keys - shape.Queries) / tile);
        longest = Math.Min(past + rows, keys);
        pairs = Math.Min((rows * past) + (rows * (rows + 1) / 2), rows * keys);
        if (shape.Window <= 0)
            return;
        double window = Math.Ceiling(shape.Window / tile) + 1;
        double cut = Math.Max(past + rows - window, 0);
        double before = Math.Max(cut - rows, 0);
        pairs = Math.Max(rows, pairs - (cut * (cut + 1) / 2) + (before * (before + 1) / 2));
        longest = Math.Min(longest, window);
    }
}
