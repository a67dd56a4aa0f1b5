using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>One entry of the vocabulary of operator constants: physical range and meaning, in SI base units.</summary>
/// <param name="Typical">Where a fit begins, and what stands in, as an assumption, where there is no fit.</param>
/// <param name="Absent">The end of the range at which the mechanism cannot be seen; null where it always can.</param>
public sealed record OperatorConstant(
    string Name, QuantityKind Kind, double Low, double High, double Typical, bool IsLogarithmic, double? Absent, string Meaning);
