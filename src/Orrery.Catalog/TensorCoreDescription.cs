using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>The units of one TPU TensorCore. Sources are in the chip file.</summary>
public sealed record TensorCoreDescription
{
    /// <summary>Systolic arrays of a core (MXUs).</summary>
    public required int MatrixUnits { get; init; }

    /// <summary>Rows and columns of one array.</summary>
    public required int ArraySide { get; init; }

    /// <summary>Vector memory: what the compiler holds operands in.</summary>
    public required Sourced<Bytes> VectorMemory { get; init; }

    /// <summary>32-bit operations the vector unit does in a cycle.</summary>
    public required int VectorOperations { get; init; }

    /// <summary>Rows of a register tile: the rows of a product are padded to a multiple.</summary>
    public required int Sublanes { get; init; }
}
