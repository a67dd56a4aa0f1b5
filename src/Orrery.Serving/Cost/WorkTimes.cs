namespace Orrery.Serving;

/// <summary>Device time of one kind of work by what it is, before any stack constant; seconds and bytes.</summary>
/// <param name="Products">Linear products, with what quantises their inputs.</param>
/// <param name="Launch">Launch of those kernels, each alone.</param>
/// <param name="Elementwise">Passes over activations.</param>
/// <param name="Collectives">Communication of tensor, expert and pipeline parallelism.</param>
/// <param name="Matrix">Time the matrix units are busy.</param>
/// <param name="Memory">Bytes moved to and from device memory.</param>
public readonly record struct WorkTimes(double Products, double Launch, double Elementwise, double Collectives, double Matrix, double Memory)
{
    /// <summary>Everything but the launches.</summary>
    public double Execution => Products + Elementwise + Collectives;

    /// <summary>Between two of them: 0 is <paramref name="low"/>, 1 <paramref name="high"/>.</summary>
    public static WorkTimes Between(in WorkTimes low, in WorkTimes high, double share) => new(
        low.Products + (share * (high.Products - low.Products)),
        low.Launch + (share * (high.Launch - low.Launch)),
        low.Elementwise + (share * (high.Elementwise - low.Elementwise)),
        low.Collectives + (share * (high.Collectives - low.Collectives)),
        low.Matrix + (share * (high.Matrix - low.Matrix)),
        low.Memory + (share * (high.Memory - low.Memory)));
}
