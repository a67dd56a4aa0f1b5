using Orrery.Operators;

namespace Orrery.Chips.Neuron;

/// <summary>How far each class of operators can be trusted on one chip, and where its constants came from.</summary>
/// <param name="MatmulSigma">Standard deviation of log(measured/predicted) of products.</param>
/// <param name="AttentionSigma">The same of fused attention.</param>
/// <param name="DecodeSigma">The same of decode attention.</param>
/// <param name="ElementwiseSigma">The same of element-wise work and optimizer updates.</param>
/// <param name="Source">One line for the report.</param>
public sealed record NeuronAccuracy(double MatmulSigma, double AttentionSigma, double DecodeSigma, double ElementwiseSigma, string Source)
{
    public double Sigma(OperatorKind kind) => kind switch
    {
        OperatorKind.Matmul => MatmulSigma,
        OperatorKind.AttentionForward or OperatorKind.AttentionBackward => AttentionSigma,
        OperatorKind.AttentionDecode => DecodeSigma,
        _ => ElementwiseSigma,
    };

    public string Provenance(OperatorKind kind) => Source;

    /// <summary>The same for constants of another chip: <paramref name="added"/> in quadrature, and said so.</summary>
    public NeuronAccuracy Borrowed(string chip, double added)
    {
        return new(With(MatmulSigma), With(AttentionSigma), With(DecodeSigma), With(ElementwiseSigma), $"{Source}; borrowed by {chip}, spread widened");

        double With(double sigma) => Math.Sqrt((sigma * sigma) + (added * added));
    }
}
