using Orrery.Units;

namespace Orrery.Cli.Arguments;

/// <summary>Counts as people say them.</summary>
public static class CountText
{
    /// <summary>Reads <c>15T</c>, <c>300 B</c>, <c>1.5M</c>, <c>20k</c>, <c>1,000,000</c> or <c>1e9</c>; k is 1e3, M 1e6, B 1e9, T 1e12.</summary>
    public static bool TryParse(string text, out double count)
    {
        ReadOnlySpan<char> number = text.AsSpan().Trim();
        double scale = 1;
        if (number.Length > 1)
        {
            scale = number[^1] switch { 'k' or 'K' => 1e3, 'M' => 1e6, 'B' or 'G' => 1e9, 'T' => 1e12, _ => 1 };
            if (scale != 1)
                number = number[..^1];
        }

        bool isNumber = Quantity.TryParse(number, QuantityKind.Number, out count, out _) && !number.Contains('%');
        count *= scale;
        return isNumber && double.IsFinite(count);
    }
}
