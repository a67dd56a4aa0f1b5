using Orrery.Catalog;

namespace Orrery.Chips.Gpu;

/// <summary>The figures of a chip that its kernel models use, in SI units. From the catalogue, never fitted.</summary>
/// <param name="MemoryBandwidth">Data-sheet rate of device memory, bytes/s.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="CacheBytes">Last-level cache.</param>
/// <param name="ExponentialRate">Exponentials the whole chip computes in a second; infinite where none is published.</param>
public readonly record struct GpuFigures(double MemoryBandwidth, int Multiprocessors, double CacheBytes, double ExponentialRate)
{
    public static GpuFigures Of(ChipDescription chip)
    {
        ArgumentNullException.ThrowIfNull(chip);
        double exponentials = chip.ExponentialsPerClock is { Value: > 0 } clock
            ? clock.Value * chip.Clock.Value.Value * chip.Cores
            : double.PositiveInfinity;
        return new GpuFigures(chip.MemoryBandwidth.Value.Value, chip.Cores, chip.OnChipMemory.Value.Value, exponentials);
    }
}
