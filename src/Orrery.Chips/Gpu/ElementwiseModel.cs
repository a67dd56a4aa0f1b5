namespace Orrery.Chips.Gpu;

/// <summary>Time of kernels bounded by moving bytes: norms, activations, adds, casts, the optimizer.</summary>
/// <remarks>
/// <code>
/// t = kernels floor + bytes (miss + cachedShare (1 - miss)) / (HBM memory),  miss = 1 / (1 + (cacheShare L2 kernels / bytes)^3), 1 when cold
/// </code>
/// The floor is device time, not launch: the achieved share of the bandwidth grows with size. Never below cold memory time.
/// Source of the form: published profiles of framework kernels on A40, A100 and H100.
/// </remarks>
public sealed class ElementwiseModel
{
    private readonly double floor;
    private readonly double memoryRate;
    private readonly double cacheBytes;
    private readonly double cachedShare;

    /// <summary>Constants in the order of <see cref="ElementwiseConstant"/>, SI units.</summary>
    public ElementwiseModel(in GpuFigures chip, double cachedShare, ReadOnlySpan<double> constants)
    {
        this.cachedShare = cachedShare;
        floor = constants[(int)ElementwiseConstant.Floor];
        memoryRate = chip.MemoryBandwidth * constants[(int)ElementwiseConstant.Memory];
        cacheBytes = chip.CacheBytes * constants[(int)ElementwiseConstant.CacheShare];
    }

    /// <summary>Time to move <paramref name="bytes"/> in <paramref name="kernels"/> kernels (0 counts as 1); no bytes cost nothing.</summary>
    public KernelTime Evaluate(double bytes, int kernels, bool isCold)
    {
        if (!(bytes > 0))
            return default;
        int count = Math.Max(1, kernels);
        double miss = 1;
        if (!isCold)
        {
            double resident = cacheBytes * count / bytes;
            miss = 1 / (1 + (resident * resident * resident));
        }

        double moved = bytes * (miss + (cachedShare * (1 - miss))) / memoryRate;
        return new KernelTime(0, (count * floor) + moved, 0, 0, bytes);
    }
}
