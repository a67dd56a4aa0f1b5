using Orrery.Catalog;

namespace Orrery.Chips.Neuron;

/// <summary>
/// The figures of a chip that the instruction cost rules use, per physical core unless said otherwise, in SI units and clock cycles. From the
/// catalogue, never fitted.
/// </summary>
public sealed record NeuronFigures
{
    /// <summary>Physical cores that work together as one rank (LNC).</summary>
    public required int Cores { get; init; }

    /// <summary>Rows and columns of the tensor array, lanes of the other engines.</summary>
    public required int Partitions { get; init; }

    /// <summary>Most columns of one product instruction.</summary>
    public required int MovingColumns { get; init; }

    public required int SmallestSubarray { get; init; }

    /// <summary>Fewest cycles between two instructions of an engine.</summary>
    public required int InstructionInterval { get; init; }

    public required double TensorClock { get; init; }

    public required double VectorClock { get; init; }

    public required double ScalarClock { get; init; }

    /// <summary>16-bit elements a cycle.</summary>
    public required int VectorWidth16 { get; init; }

    public required int ScalarWidth16 { get; init; }

    /// <summary>Exponentials a cycle of the vector engine; 0 where the scalar engine computes them.</summary>
    public required int VectorExponentials { get; init; }

    /// <summary>Elements a cycle quantised to a microscaling format; 0 is none.</summary>
    public required int QuantiseWidth { get; init; }

    public required bool HasBackgroundTranspose { get; init; }

    public required double TensorWarmUp { get; init; }

    public required double SbufBytes { get; init; }

    public required int DmaEngines { get; init; }

    /// <summary>Sustained bytes/s of one DMA engine with contiguous pieces of at least <see cref="DmaPacket"/>.</summary>
    public required double DmaEngineRate { get; init; }

    public required double DmaPacket { get; init; }

    /// <summary>From the issue of a transfer to its first use elsewhere.</summary>
    public required double DmaFixed { get; init; }

    /// <summary>Device memory bytes/s of the whole rank.</summary>
    public required double MemoryBandwidth { get; init; }

    /// <summary>Reads the figures of a chip shared by <paramref name="ranksPerChip"/> ranks.</summary>
    /// <exception cref="ArgumentException">The chip has no NeuronCores, or its cores do not divide by the ranks.</exception>
    public static NeuronFigures Of(ChipDescription chip, int ranksPerChip)
    {
        ArgumentNullException.ThrowIfNull(chip);
        if (chip.NeuronCore is not { } core)
            throw new ArgumentException($"'{chip.Id}' has no NeuronCores", nameof(chip));
        if (ranksPerChip <= 0 || chip.Cores % ranksPerChip != 0)
            throw new ArgumentException($"the {chip.Cores} cores of '{chip.Id}' do not divide into {ranksPerChip} ranks", nameof(ranksPerChip));
        return new NeuronFigures
        {
            Cores = chip.Cores / ranksPerChip,
            Partitions = core.Partitions,
            MovingColumns = core.MovingColumns,
            SmallestSubarray = core.SmallestSubarray,
            InstructionInterval = core.InstructionInterval,
            TensorClock = core.TensorClock.Value.Value,
            VectorClock = core.VectorClock.Value.Value,
            ScalarClock = core.ScalarClock.Value.Value,
            VectorWidth16 = core.VectorWidth16,
            ScalarWidth16 = core.ScalarWidth16,
            VectorExponentials = core.VectorExponentials,
            QuantiseWidth = core.QuantiseWidth,
            HasBackgroundTranspose = core.HasBackgroundTranspose,
            TensorWarmUp = core.TensorWarmUp.Value.Value,
            SbufBytes = core.Sbuf.Value.Value,
            DmaEngines = core.DmaEngines,
            DmaEngineRate = core.DmaEngineRate.Value.Value,
            DmaPacket = core.DmaPacket.Value.Value,
            DmaFixed = core.DmaLatency.Value.Value + core.DmaIssue.Value.Value,
            MemoryBandwidth = chip.MemoryBandwidth.Value.Value / ranksPerChip,
        };
    }
}
