namespace Orrery.Training;

/// <summary>One forward pass of a whole network, on one of the ranks that share it.</summary>
/// <param name="Seconds">From the first product to the last, host and exposed communication included.</param>
/// <param name="MatrixBusy">Seconds the matrix engine is active.</param>
/// <param name="MemoryBytes">Bytes to and from device memory.</param>
/// <param name="Link">Seconds of communication that show.</param>
/// <param name="WeightBytes">Weights of the rank.</param>
/// <param name="ActivationBytes">Most that one layer keeps while it works.</param>
public readonly record struct ForwardCost(double Seconds, double MatrixBusy, double MemoryBytes, double Link, double WeightBytes, double ActivationBytes);
