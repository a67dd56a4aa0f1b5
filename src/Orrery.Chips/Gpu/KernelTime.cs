namespace Orrery.Chips.Gpu;

/// <summary>What a kernel model answers, in seconds and bytes.</summary>
/// <param name="Launch">Fixed time: starting the kernel, and the fixed part of passes before it.</param>
/// <param name="Execution">The rest.</param>
/// <param name="MatrixTime">Time the matrix units would need alone at their sustained rate.</param>
/// <param name="VectorTime">Time the vector and special-function units would need alone.</param>
/// <param name="MemoryBytes">Bytes that must cross device memory.</param>
public readonly record struct KernelTime(double Launch, double Execution, double MatrixTime, double VectorTime, double MemoryBytes)
{
    /// <summary>What a benchmark of the single kernel measures, in seconds.</summary>
    public double Isolated => Launch + Execution;
}
