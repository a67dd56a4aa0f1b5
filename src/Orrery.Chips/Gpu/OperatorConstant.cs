using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>One entry of the vocabulary of operator constants: physical range and meaning, in SI base units.</summary>
/// <param name="Typical">Where a fit begins, and what stands in, as an assumption, where there is no fit.</param>
/// <param name="AbsentEnd">The end of the range at which the mechanism cannot be told from absent; null where it always can.</param>
public sealed record OperatorConstant(
    string Name, QuantityKind Kind, double Low, double High, double Typical, bool IsLogarithmic, double? AbsentEnd, string Meaning)
{
    /// <summary>
    /// The value that takes the mechanism away: infinite past the high end, 0 past the low end of a logarithmic range, the low end of a linear one;
    /// null where it cannot be taken away.
    /// </summary>
    public double? Absent => AbsentEnd switch
    {
        null => null,
        { } end when end == High => double.PositiveInfinity,
        _ => IsLogarithmic ? 0 : Low,
    };
}
