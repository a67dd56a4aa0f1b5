namespace Orrery.Serving;

/// <summary>Attention of all layers; seconds and bytes.</summary>
/// <param name="Execution">On the device.</param>
/// <param name="Launch">Of its kernels, each alone.</param>
/// <param name="Matrix">Time the matrix units are busy.</param>
/// <param name="Memory">Bytes of the cache.</param>
public readonly record struct AttentionTimes(double Execution, double Launch, double Matrix, double Memory)
{
    /// <summary>Not computed yet.</summary>
    public static AttentionTimes Unknown => new(-1, 0, 0, 0);

    /// <summary>True once computed.</summary>
    public bool IsKnown => Execution >= 0;

    public static AttentionTimes operator +(in AttentionTimes left, in AttentionTimes right) =>
        new(left.Execution + right.Execution, left.Launch + right.Launch, left.Matrix + right.Matrix, left.Memory + right.Memory);

    /// <summary>All of it <paramref name="factor"/> times.</summary>
    public AttentionTimes Times(double factor) => new(Execution * factor, Launch * factor, Matrix * factor, Memory * factor);
}
