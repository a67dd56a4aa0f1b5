using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>The constants found for one operator and format of a chip, with how far to trust them.</summary>
/// <param name="Values">In the order of the operator's places, SI units.</param>
/// <param name="Sigma">Standard deviation of log(measured / predicted), what borrowing adds included.</param>
/// <param name="ClassSigmas">The same by class of isolated time; empty for one class.</param>
/// <param name="IsOwn">Fitted on this chip and this format.</param>
/// <param name="IsOfFormat">Fitted on this format, that of a library included.</param>
/// <param name="Source">The chip they were fitted on; empty where none was.</param>
/// <param name="Provenance">One line for people.</param>
public sealed record KernelConstants(ImmutableArray<double> Values, double Sigma, ImmutableArray<double> ClassSigmas, bool IsOwn, bool IsOfFormat, string Source, string Provenance)
{
    /// <summary>The standard deviation of the class; beyond the classes that were seen, of all.</summary>
    public double SigmaOf(int spreadClass) => spreadClass < ClassSigmas.Length ? ClassSigmas[spreadClass] : Sigma;
}
