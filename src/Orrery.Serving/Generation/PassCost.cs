namespace Orrery.Serving;

/// <summary>One pass of a denoising network over a batch, on one rank; what it is made of serves power.</summary>
/// <param name="Seconds">How long it takes.</param>
/// <param name="MatrixBusy">Seconds the matrix engine is active.</param>
/// <param name="MemoryBytes">Bytes to and from device memory.</param>
/// <param name="Link">Seconds of communication that show.</param>
public readonly record struct PassCost(double Seconds, double MatrixBusy, double MemoryBytes, double Link);
