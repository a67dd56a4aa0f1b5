namespace Orrery.Chips.Gpu;

/// <summary>
/// Time of attention of one new token a sequence over its cache: two kernels, whole waves of blocks, the cache cut into the number of parts
/// that is fastest.
/// </summary>
/// <remarks>
/// g = H/K query heads a KV head, S cached tokens (at most the window), e bytes a cached element, SM multiprocessors:
/// <code>
/// kv      = 2 B K S D e;  miss = 1 / (1 + (cacheShare L2 / kv)^3), 1 when cold
/// dram    = kv miss / (HBM memory)                             what is cached costs only the time of the blocks
/// c       = D (1 + e) / 3                                      work of a token, between elements and bytes
/// grouped = ceil(B K s ceil(g/heads) / SM) (groupedOverhead + ceil(S/s/tile) tile c / groupedRate)
/// single  = max(1, B H s / SM)             (singleOverhead  + ceil(S/s/tile) tile c / singleRate)
/// t       = launch + min over s of S(grouped or single, dram) + (s > 1)(splitOverhead + 4 s B H D / (HBM memory))
///           + 2 B (2 H + 4 K) D / (HBM passMemory) + B sequenceOverhead
/// </code>
/// Source of the form: published operator tables of GPUs from A100 to GB200.
/// </remarks>
public sealed class DecodeAttentionModel
{
    private readonly GpuFigures chip;
    private readonly DecodeStructure structure;
    private readonly int[] splits;
    private readonly double launch;
    private readonly double memoryRate;
    private readonly double cacheBytes;
    private readonly double groupedOverhead;
    private readonly double groupedRate;
    private readonly double singleOverhead;
    private readonly double singleRate;
    private readonly double splitOverhead;
    private readonly double overlap;
    private readonly double passRate;
    private readonly double sequenceOverhead;

    /// <summary>Constants in the order of <see cref="DecodeConstant"/>, SI units.</summary>
    public DecodeAttentionModel(in GpuFigures chip, DecodeStructure structure, ReadOnlySpan<double> constants)
    {
        ArgumentNullException.ThrowIfNull(structure);
        this.chip = chip;
        this.structure = structure;
        splits = [.. structure.Splits];
        launch = constants[(int)DecodeConstant.Launch];
        memoryRate = chip.MemoryBandwidth * constants[(int)DecodeConstant.Memory];
        cacheBytes = chip.CacheBytes * constants[(int)DecodeConstant.CacheShare];
        groupedOverhead = constants[(int)DecodeConstant.GroupedOverhead];
        groupedRate = constants[(int)DecodeConstant.GroupedRate];
        singleOverhead = constants[(int)DecodeConstant.SingleOverhead];
        singleRate = constants[(int)DecodeConstant.SingleRate];
        splitOverhead = constants[(int)DecodeConstant.SplitOverhead];
        overlap = constants[(int)DecodeConstant.Overlap];
        passRate = chip.MemoryBandwidth * constants[(int)DecodeConstant.PassMemory];
        sequenceOverhead = constants[(int)DecodeConstant.SequenceOverhead];
    }

    /// <summary>Time of one step; <paramref name="isCold"/> when other layers have evicted the cache since the last. Zero shapes cost nothing.</summary>
    /// <param name="hasPasses">Whether the passes that rotate and store the new keys belong to it, as they do in inference tables.</param>
    public KernelTime Evaluate(in AttentionShape shape, double cacheElementBytes, bool isCold, bool hasPasses = true)
    {
        if (shape.Batch <= 0 || shape.Heads <= 0 || shape.KvHeads <= 0 || shape.Keys <= 0 || shape.HeadDim <= 0)
            return default;
        double tokens = shape.Window > 0 ? Math.Min(shape.Window, shape.Keys) : shape.Keys;
        double batch = shape.Batch;
        double stored = 2 * batch * shape.KvHeads * tokens * shape.HeadDim * cacheElementBytes;
        double miss = 1;
        if (!isCold)
        {
            double resident = cacheBytes / stored;
            miss = 1 / (1 + (resident * resident * resident));
        }

        double dram = stored * miss / memoryRate;
        int group = Math.Max(1, shape.Heads / shape.KvHeads);
        DecodeKernel kernel = group > structure.LargestGroup ? DecodeKernel.Single : group == 1 ? structure.WithoutGroup : structure.WithGroup;
        double work = shape.HeadDim * (1 + cacheElementBytes) / 3;
        double groupedBlocks = batch * shape.KvHeads * Math.Ceiling((double)group / structure.GroupedHeads);
        double singleBlocks = batch * shape.Heads;
        double result = singleBlocks * shape.HeadDim * 4 / memoryRate;
        double best = double.PositiveInfinity;
        foreach (int split in splits)
        {
            double reduction = split > 1 ? splitOverhead + (split * result) : 0;
            if (dram + reduction >= best)
                break;
            double blocks = double.PositiveInfinity;
            if (kernel != DecodeKernel.Single)
            {
                double depth = Math.Ceiling(tokens / ((double)split * structure.GroupedTile)) * structure.GroupedTile;
                blocks = Math.Ceiling(groupedBlocks * split / chip.Multiprocessors) * (groupedOverhead + (depth * work / groupedRate));
            }

            if (kernel != DecodeKernel.Grouped)
            {
                double depth = Math.Ceiling(tokens / ((double)split * structure.SingleTile)) * structure.SingleTile;
                blocks = Math.Min(blocks, Math.Max(1, singleBlocks * split / chip.Multiprocessors) * (singleOverhead + (depth * work / singleRate)));
            }

            if (Math.Max(blocks, dram) + reduction >= best)
                continue;
            best = Math.Min(best, SmoothMaximum.Of(blocks, dram, overlap) + reduction);
        }

        // Without the passes, queries and results alone move.
        double passes = 2 * batch * ((2.0 * shape.Heads) + (hasPasses ? 4.0 * shape.KvHeads : 0)) * shape.HeadDim;
        double execution = best + (hasPasses ? passes / passRate : 0) + (batch * sequenceOverhead);
        return new KernelTime(launch, execution, 0, 0, stored + passes);
    }
}
