namespace Orrery.Chips.Tpu;

/// <summary>
/// What documents do not tell about a TPU under its compiler, per chip and never per case. From <c>data/calibration/chips/ID.yaml</c>, where each
/// constant stands with its physical range.
/// </summary>
public sealed record TpuConstants
{
    /// <summary>Start-up of an isolated program, s; inside a compiled step it is not paid again.</summary>
    public required double Launch { get; init; }

    /// <summary>Share of the rows a second that the arrays sustain.</summary>
    public required double MatrixShare { get; init; }

    /// <summary>Achieved share of the device memory bandwidth.</summary>
    public required double MemoryShare { get; init; }

    /// <summary>Exponent of the smooth maximum of matrix, vector and memory time: 1 is no overlap.</summary>
    public required double Overlap { get; init; }

    /// <summary>Bytes of operands and results that move before the arrays start and after they end.</summary>
    public required double LeadBytes { get; init; }

    /// <summary>Share of the vector memory that holds the resident operand of a product.</summary>
    public required double ResidentShare { get; init; }

    /// <summary>Vector operations on each attention score, forward.</summary>
    public required double ScoreOperations { get; init; }

    /// <summary>Vector operations on each attention score in the gradient.</summary>
    public required double ScoreGradientOperations { get; init; }

    /// <summary>Queries and keys of one block of fused attention.</summary>
    public required double AttentionBlock { get; init; }

    /// <summary>Vector operations on each element of element-wise work.</summary>
    public required double ElementOperations { get; init; }

    /// <summary>Vector operations on each parameter of an optimizer update.</summary>
    public required double OptimizerOperations { get; init; }
}
