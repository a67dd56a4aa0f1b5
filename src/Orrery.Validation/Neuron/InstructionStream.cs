using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Validation.Neuron;

/// <summary>What of a published kernel was measured.</summary>
public enum StreamMeasure : byte
{
    /// <summary>The time of the whole kernel.</summary>
    Whole,

    /// <summary>The busy time of one engine.</summary>
    Tensor,
    Vector,
    Dma,
}

/// <summary>Equal instructions of the vector engine.</summary>
/// <param name="Columns">Elements a partition of each.</param>
/// <param name="CyclesPerElement">1 plain, 2 for two tiles from SBUF.</param>
public readonly record struct VectorWork(int Instructions, int Columns, double CyclesPerElement);

/// <summary>A product on the tensor engine.</summary>
public readonly record struct TensorWork(int M, int N, int K, NumberFormat Format);

/// <summary>Bytes moved in contiguous pieces.</summary>
public readonly record struct DmaWork(double Bytes, double Piece);

/// <summary>
/// A published kernel as the instructions and transfers it issues on one physical core, for kernels that are no operator of the model. From
/// <c>data/validation/neuron-streams.yaml</c>.
/// </summary>
public sealed record InstructionStream
{
    /// <summary>Case id of <c>kernels.csv</c> where the figure stands there.</summary>
    public required string Id { get; init; }

    /// <summary>Chip id.</summary>
    public required string Chip { get; init; }

    public required string Source { get; init; }

    public required Seconds Measured { get; init; }

    public required StreamMeasure Compare { get; init; }

    /// <summary>The constant this row was fitted on; empty for a row kept apart.</summary>
    public string Fit { get; init; } = "";

    public string Note { get; init; } = "";

    public ImmutableArray<VectorWork> Vector { get; init; } = [];

    public ImmutableArray<TensorWork> Tensor { get; init; } = [];

    public ImmutableArray<DmaWork> Dma { get; init; } = [];
}
