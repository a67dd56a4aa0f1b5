using Orrery.Operators;

namespace Orrery.Chips.Tpu;

/// <summary>How far each class of operators can be trusted on one chip, and where its constants came from.</summary>
/// <param name="MatmulSigma">Standard deviation of log(measured/predicted) of products.</param>
/// <param name="AttentionSigma">The same of attention, over sequences and in decode.</param>
/// <param name="ElementwiseSigma">The same of element-wise work and optimizer updates.</param>
/// <param name="Source">One line for the report.</param>
public sealed record TpuAccuracy(double MatmulSigma, double AttentionSigma, double ElementwiseSigma, string Source)
{
    public double Sigma(OperatorKind kind) => kind switch
    {
        OperatorKind.Matmul => MatmulSigma,
        OperatorKind.AttentionForward or OperatorKind.AttentionBackward or OperatorKind.AttentionDecode => AttentionSigma,
        _ => ElementwiseSigma,
    };

    /// <summary>The same for constants of another chip: <paramref name="added"/> in quadrature, and said so.</summary>
    public TpuAccuracy Borrowed(string chip, double added) => new(
        Math.Sqrt((MatmulSigma * MatmulSigma) + (added * added)),
        Math.Sqrt((AttentionSigma * AttentionSigma) + (added * added)),
        Math.Sqrt((ElementwiseSigma * ElementwiseSigma) + (added * added)),
        $"{Source}; borrowed by {chip}, spread widened");
}
