using Orrery.Units;

namespace Orrery.Validation.Reading;

/// <summary>What a printed precision means.</summary>
/// <param name="Products">Format of matrix products.</param>
/// <param name="Weights">Format of the weights that products read.</param>
/// <param name="IsAmbiguous">The source leaves it open.</param>
public sealed record PrecisionReading(NumberFormat Products, NumberFormat Weights, bool IsAmbiguous, string Note)
{
    /// <summary>The other format that an ambiguous cell may mean; null where there is no second reading.</summary>
    public NumberFormat? Alternative { get; init; }
}
