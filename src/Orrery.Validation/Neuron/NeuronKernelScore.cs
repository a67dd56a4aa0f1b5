namespace Orrery.Validation.Neuron;

/// <summary>One published kernel on a Neuron core against its prediction, or the reason there is none.</summary>
/// <param name="Metric"><c>time_us</c> or <c>pct_of_peak</c> (of array x clock, as the profiler counts it).</param>
/// <param name="Predicted">Null where the kernel cannot be expressed.</param>
/// <param name="Sigma">Standard deviation of the logarithm of the error: of products, else of element-wise work, as the calibration states it.</param>
/// <param name="IsFitted">Whether a constant was fitted on this row.</param>
/// <param name="Note">Why not expressible, or how it was expressed.</param>
public sealed record NeuronKernelScore(string Id, string Group, string Metric, double Measured, double? Predicted, double Sigma, bool IsFitted, string Note)
{
    /// <summary><c>predicted / measured - 1</c>; null where there is no prediction.</summary>
    public double? Error => Predicted / Measured - 1;
}
