using Orrery.Units;

namespace Orrery.Serving;

/// <summary>A number that a person may give behind the word of a shape: <c>cv=2</c> of <c>gamma:cv=2</c>.</summary>
/// <param name="Name">Before the equals sign.</param>
/// <param name="Kind">A pure number, or a duration, whose bare numbers are seconds.</param>
/// <param name="Low">Smallest value.</param>
/// <param name="High">Largest value.</param>
/// <param name="Meaning">One line for lists.</param>
public sealed record ShapeParameter(string Name, QuantityKind Kind, double Low, double High, string Meaning)
{
    /// <summary>A value of it as a person would write it.</summary>
    public string Written(double value)
    {
        if (Kind != QuantityKind.Duration)
            return Quantity.FormatNumber(value, 3);
        return value switch
        {
            >= 3600 => $"{Quantity.FormatNumber(value / 3600, 3)} h",
            >= 1 => $"{Quantity.FormatNumber(value, 3)} s",
            _ => $"{Quantity.FormatNumber(value * 1e3, 3)} ms",
        };
    }
}
