using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Chips.Neuron;

/// <summary>
/// What the documents do not tell about a chip, per chip and never per case. From <c>data/calibration/chips/ID.yaml</c>, where each constant
/// stands with its physical range and the rows it was fitted on.
/// </summary>
public sealed record NeuronConstants
{
    /// <summary>Sustained share of the tensor engine's issue rate by format; formats not named take that of BF16.</summary>
    public required ImmutableSortedDictionary<NumberFormat, double> TensorShare { get; init; }

    /// <summary>Achieved share of the device memory bandwidth.</summary>
    public required double MemoryShare { get; init; }

    /// <summary>Cycles that an instruction of the vector or scalar engine adds to those of its elements.</summary>
    public required double InstructionOverhead { get; init; }

    /// <summary>Exponent of the smooth maximum over the engines: 1 is no overlap, large is a perfect one.</summary>
    public required double Overlap { get; init; }

    /// <summary>Time a DMA engine adds for each contiguous piece, s.</summary>
    public required double DescriptorTime { get; init; }

    /// <summary>Share of element-wise work that reads two tiles.</summary>
    public required double TwoInputShare { get; init; }

    /// <summary>Keys after which fused attention rescales its running output.</summary>
    public required double AttentionBlock { get; init; }

    /// <summary>Passes over the elements in an optimizer update.</summary>
    public required double OptimizerPasses { get; init; }
}
