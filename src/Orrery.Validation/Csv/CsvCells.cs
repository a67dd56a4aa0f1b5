using System.Globalization;
using Orrery.Units;

namespace Orrery.Validation.Csv;

/// <summary>Typed cells of the current row. A blank cell is null: it says that the source does not state the figure, never zero.</summary>
public static class CsvCells
{
    /// <summary>A whole number within limits (<c>16</c> or <c>16.0</c>), null where blank or wrong; a mistake is reported.</summary>
    public static int? Integer(this CsvReader row, int column, int minimum, int maximum = int.MaxValue)
    {
        ReadOnlySpan<char> text = row[column].Trim();
        if (text.IsEmpty)
            return null;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            || TryWhole(text, out value))
        {
            if (value >= minimum && value <= maximum)
                return value;
        }

        row.CellError(column, maximum == int.MaxValue
            ? $"expected a whole number of at least {minimum}"
            : $"expected a whole number from {minimum} to {maximum}");
        return null;
    }

    /// <summary>A finite number within limits, null where blank or wrong; a mistake is reported.</summary>
    public static double? Number(this CsvReader row, int column, double minimum, double maximum = double.MaxValue)
    {
        ReadOnlySpan<char> text = row[column].Trim();
        if (text.IsEmpty)
            return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && double.IsFinite(value) && value >= minimum && value <= maximum)
            return value;
        row.CellError(column, maximum == double.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"expected a number of at least {minimum:R}")
            : string.Create(CultureInfo.InvariantCulture, $"expected a number from {minimum:R} to {maximum:R}"));
        return null;
    }

    /// <summary>A number above 0: a measured time or rate.</summary>
    public static double? Positive(this CsvReader row, int column)
    {
        ReadOnlySpan<char> text = row[column].Trim();
        if (text.IsEmpty)
            return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value > 0)
            return value;
        row.CellError(column, "expected a number above 0");
        return null;
    }

    /// <summary>1 or 0 as true or false, null where blank.</summary>
    public static bool? Flag(this CsvReader row, int column) => row.Integer(column, 0, 1) switch { null => null, 0 => false, _ => true };

    /// <summary>One of some words, null where blank or another; a mistake is reported with the nearest.</summary>
    public static string? Word(this CsvReader row, int column, IReadOnlyList<string> words)
    {
        ReadOnlySpan<char> text = row[column].Trim();
        if (text.IsEmpty)
            return null;
        foreach (string word in words)
        {
            if (text.SequenceEqual(word))
                return word;
        }

        string? nearest = EditDistance.Nearest(text.Length > 64 ? text[..64].ToString() : text.ToString(), words);
        row.CellError(column, nearest is null ? $"expected one of {string.Join(", ", words)}" : $"did you mean '{nearest}'?");
        return null;
    }

    private static bool TryWhole(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            || !double.IsInteger(number) || Math.Abs(number) > int.MaxValue)
            return false;
        value = (int)number;
        return true;
    }
}
