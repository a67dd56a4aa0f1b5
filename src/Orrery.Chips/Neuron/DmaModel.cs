namespace Orrery.Chips.Neuron;

/// <summary>
/// Time of moving data between device memory and the on-chip memory of a rank by its DMA engines.
/// </summary>
/// <remarks>
/// A piece of b contiguous bytes takes one engine <c>b (1/rate - descriptor/packet) + descriptor</c> up to a packet (4 KiB) and <c>b/rate</c> above,
/// so that pieces of a packet and more run at the documented sustained rate. All engines of the rank share the work, and together they never exceed
/// the memory's achieved bandwidth. Source: NKI DMA bandwidth guide; the descriptor time is fitted on published latencies of matrix products whose
/// transfers are the bottleneck.
/// </remarks>
public readonly struct DmaModel
{
    private readonly double engines;
    private readonly double secondsPerByte;
    private readonly double smallPieceSecondsPerByte;
    private readonly double descriptor;
    private readonly double packet;
    private readonly double memoryRate;

    public DmaModel(NeuronFigures figures, NeuronConstants constants)
    {
        ArgumentNullException.ThrowIfNull(figures);
        ArgumentNullException.ThrowIfNull(constants);
        engines = (double)figures.DmaEngines * figures.Cores;
        packet = figures.DmaPacket;
        // A descriptor cannot take longer than the packet it moves.
        descriptor = Math.Min(constants.DescriptorTime, packet / figures.DmaEngineRate);
        secondsPerByte = 1 / figures.DmaEngineRate;
        smallPieceSecondsPerByte = secondsPerByte - (descriptor / packet);
        memoryRate = figures.MemoryBandwidth * constants.MemoryShare;
    }

    /// <summary>Seconds for <paramref name="bytes"/> in contiguous pieces of <paramref name="piece"/> bytes, all engines at work. Nothing costs nothing.</summary>
    public double Time(double bytes, double piece)
    {
        if (bytes <= 0)
            return 0;
        double perByte = piece >= packet ? secondsPerByte : smallPieceSecondsPerByte + (descriptor / Math.Max(1, piece));
        return Math.Max(bytes * perByte / engines, bytes / memoryRate);
    }

    /// <summary>Achieved bytes/s of the rank with pieces of a packet or more.</summary>
    public double SustainedRate => Math.Min(engines / secondsPerByte, memoryRate);
}
