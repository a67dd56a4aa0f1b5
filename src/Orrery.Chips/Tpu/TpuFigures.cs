using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Chips.Tpu;

/// <summary>The figures of a TPU that its cost rules use, for one device (rank), in SI units. From the catalogue, never fitted.</summary>
public sealed record TpuFigures
{
    /// <summary>Systolic arrays of the device.</summary>
    public required int Arrays { get; init; }

    /// <summary>Rows and columns of an array.</summary>
    public required int Side { get; init; }

    /// <summary>Rows of a register tile.</summary>
    public required int Sublanes { get; init; }

    /// <summary>Rows a second that one array takes, by format: the stated peak over arrays x side^2 x 2.</summary>
    public required ImmutableSortedDictionary<NumberFormat, double> RowRate { get; init; }

    /// <summary>Bytes of vector memory of the device.</summary>
    public required double VectorMemory { get; init; }

    /// <summary>32-bit operations a second of the vector units.</summary>
    public required double VectorRate { get; init; }

    /// <summary>Bytes a second of device memory.</summary>
    public required double MemoryBandwidth { get; init; }

    /// <summary>Reads the figures of a chip shared by <paramref name="ranksPerChip"/> ranks.</summary>
    /// <exception cref="ArgumentException">The chip has no TensorCores or no BF16 peak, or its cores do not divide by the ranks.</exception>
    public static TpuFigures Of(ChipDescription chip, int ranksPerChip)
    {
        ArgumentNullException.ThrowIfNull(chip);
        if (chip.TensorCore is not { } core)
            throw new ArgumentException($"'{chip.Id}' has no TensorCores", nameof(chip));
        if (!chip.Peak.ContainsKey(NumberFormat.Bf16))
            throw new ArgumentException($"'{chip.Id}' has no BF16 peak", nameof(chip));
        if (ranksPerChip <= 0 || chip.Cores % ranksPerChip != 0)
            throw new ArgumentException($"the {chip.Cores} cores of '{chip.Id}' do not divide into {ranksPerChip} ranks", nameof(ranksPerChip));
        int cores = chip.Cores / ranksPerChip;
        int arrays = core.MatrixUnits * cores;
        double square = 2.0 * core.ArraySide * core.ArraySide * arrays * ranksPerChip;
        return new TpuFigures
        {
            Arrays = arrays,
            Side = core.ArraySide,
            Sublanes = core.Sublanes,
            RowRate = chip.Peak.ToImmutableSortedDictionary(static peak => peak.Key, peak => peak.Value.Value.Value / square),
            VectorMemory = core.VectorMemory.Value.Value * cores,
            VectorRate = (double)core.VectorOperations * cores * chip.Clock.Value.Value,
            MemoryBandwidth = chip.MemoryBandwidth.Value.Value / ranksPerChip,
        };
    }
}
