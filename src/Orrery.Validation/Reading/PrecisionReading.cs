using Orrery.Units;

namespace Orrery.Validation.Reading;

/// <summary>What a printed precision means.</summary>
/// <param name="Products">Format of matrix products.</param>
/// <param name="Weights">Format of the weights that products read.</param>
/// <param name="IsAmbiguous">The source leaves it open.</param>
public sealed record PrecisionReading(NumberFormat Products, NumberFormat Weights, bool IsAmbiguous, string Note);
