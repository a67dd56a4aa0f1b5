using Orrery.Units;

namespace Orrery.Operators;

/// <summary>What one operator costs on one rank of a chip.</summary>
/// <param name="Launch">Fixed time of issuing the kernel as an isolated benchmark sees it; a stream of kernels hides most of it.</param>
/// <param name="Execution">Time on the device once started.</param>
/// <param name="MatrixBusy">Part of <paramref name="Execution"/> that the matrix engine is active.</param>
/// <param name="VectorBusy">Part that the vector units are active.</param>
/// <param name="MemoryBytes">Bytes moved to and from device memory.</param>
/// <param name="Flop">Useful operations.</param>
public readonly record struct OperatorCost(
    Seconds Launch, Seconds Execution, Seconds MatrixBusy, Seconds VectorBusy, Bytes MemoryBytes, Flop Flop)
{
    /// <summary>What a benchmark of the single operator measures.</summary>
    public Seconds Isolated => Launch + Execution;
}
