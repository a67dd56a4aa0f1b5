using System.Globalization;

namespace Orrery.Units;

/// <summary>
/// Reads quantities written by people: a number, then a unit (<c>4.9 TB/s</c>, <c>144 GiB</c>, <c>1,300 ns</c>, <c>400 Gbps</c>, <c>$2.235</c>).
/// Decimal (GB) and binary (GiB) prefixes are different words. Case counts, because <c>b</c> is a bit and <c>B</c> a byte. The culture never counts:
/// a point is decimal, a comma groups thousands. NaN and infinities are not quantities.
/// </summary>
public static partial class Quantity
{
    /// <summary>Longer texts are refused unread.</summary>
    public const int MaximumLength = 64;

    /// <summary>
    /// Reads <paramref name="text"/> as a quantity of <paramref name="kind"/> in its SI base unit.
    /// </summary>
    /// <param name="value">The quantity in B, B/s, FLOP, FLOP/s, Hz, s, W, J, USD, or a pure number; 0 on failure.</param>
    /// <param name="problem">What is wrong and what was probably meant, to follow the name of the field: <c>needs a unit; did you mean '4.9 TB/s'?</c>; empty on success.</param>
    public static bool TryParse(ReadOnlySpan<char> text, QuantityKind kind, out double value, out string problem)
    {
        value = 0;
        text = text.Trim();
        if (text.IsEmpty)
        {
            problem = $"is empty; {Expected(kind)}";
            return false;
        }

        if (text.Length > MaximumLength)
        {
            problem = $"is {text.Length} characters long; {Expected(kind)}";
            return false;
        }

        bool dollar = false;
        bool negative = false;
        ReadOnlySpan<char> rest = text;
        if (rest[0] is '-' or '+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest.Length > 0 && rest[0] == '$')
        {
            dollar = true;
            rest = rest[1..].TrimStart();
        }

        if (!TryReadNumber(rest, out double number, out int used, out problem))
        {
            problem = problem.Length > 0 ? problem : $"is '{text}'; {Expected(kind)}";
            return false;
        }

        ReadOnlySpan<char> unit = rest[used..].Trim();
        if (dollar && unit.IsEmpty)
        {
            unit = "USD";
        }
        else if (dollar && unit is "k" or "M" or "B")
        {
            unit = unit switch { "k" => "kUSD", "M" => "MUSD", _ => "BUSD" };
        }
        else if (dollar)
        {
            problem = $"has the unit '{unit}' after an amount in dollars; {Expected(QuantityKind.Money)}";
            return false;
        }

        if (unit.IsEmpty)
        {
            if (kind == QuantityKind.Number)
            {
                return Finish(number, negative, 1, out value, out problem);
            }

            problem = $"needs a unit; did you mean '{Suggest(rest[..used], kind)}'?";
            return false;
        }

        foreach (QuantityUnit candidate in QuantityUnit.All)
        {
            if (candidate.Kind == kind && unit.SequenceEqual(candidate.Symbol))
            {
                return Finish(number, negative, candidate.Scale, out value, out problem);
            }
        }

        problem = DescribeUnit(rest[..used].TrimEnd(), unit, kind);
        return false;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Bytes value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Data, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out BytesPerSecond value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.DataRate, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Flop value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Work, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out FlopPerSecond value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.WorkRate, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Hertz value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Frequency, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Seconds value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Duration, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Watts value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Power, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Joules value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Energy, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <inheritdoc cref="TryParse(ReadOnlySpan{char}, QuantityKind, out double, out string)"/>
    public static bool TryParse(ReadOnlySpan<char> text, out Dollars value, out string problem)
    {
        bool done = TryParse(text, QuantityKind.Money, out double number, out problem);
        value = new(number);
        return done;
    }

    /// <summary>An example of the kind, for messages: <c>4.9 TB/s</c>.</summary>
    public static string Example(QuantityKind kind) => kind switch
    {
        QuantityKind.Number => "0.85",
        QuantityKind.Data => "96 GiB",
        QuantityKind.DataRate => "4.9 TB/s",
        QuantityKind.Work => "1.2 PFLOP",
        QuantityKind.WorkRate => "671 TFLOPS",
        QuantityKind.Frequency => "2.4 GHz",
        QuantityKind.Duration => "1.3 us",
        QuantityKind.Power => "700 W",
        QuantityKind.Energy => "3.6 MJ",
        QuantityKind.Money => "$2.24",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of quantity"),
    };

    private static string Word(QuantityKind kind) => kind switch
    {
        QuantityKind.Number => "a number",
        QuantityKind.Data => "an amount of data",
        QuantityKind.DataRate => "a data rate",
        QuantityKind.Work => "an amount of computation",
        QuantityKind.WorkRate => "a compute rate",
        QuantityKind.Frequency => "a frequency",
        QuantityKind.Duration => "a duration",
        QuantityKind.Power => "a power",
        QuantityKind.Energy => "an energy",
        QuantityKind.Money => "an amount of money",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of quantity"),
    };

    private static string Expected(QuantityKind kind) => $"expected {Word(kind)}, such as '{Example(kind)}'";

    private static string Suggest(ReadOnlySpan<char> number, QuantityKind kind) => kind == QuantityKind.Money
        ? $"${number.TrimEnd()}"
        : $"{number.TrimEnd()} {PreferredUnit(kind)}";

    /// <summary>The unit a person most likely left out.</summary>
    private static string PreferredUnit(QuantityKind kind) => kind switch
    {
        QuantityKind.Data => "GiB",
        QuantityKind.DataRate => "TB/s",
        QuantityKind.Work => "TFLOP",
        QuantityKind.WorkRate => "TFLOPS",
        QuantityKind.Frequency => "GHz",
        QuantityKind.Duration => "us",
        QuantityKind.Power => "W",
        QuantityKind.Energy => "J",
        _ => "",
    };

    private static bool Finish(double number, bool negative, double scale, out double value, out string problem)
    {
        value = (negative ? -number : number) * scale;
        if (double.IsFinite(value))
        {
            problem = "";
            return true;
        }

        value = 0;
        problem = "is larger than any number this program can hold";
        return false;
    }

    private static string DescribeUnit(ReadOnlySpan<char> number, ReadOnlySpan<char> unit, QuantityKind kind)
    {
        // A unit of another kind is the likeliest slip (TB for TB/s): say so before guessing at spelling.
        foreach (QuantityUnit candidate in QuantityUnit.All)
        {
            if (unit.SequenceEqual(candidate.Symbol))
            {
                string fitted = "";
                foreach (QuantityUnit other in QuantityUnit.All)
                {
                    if (other.Kind == kind && (other.Symbol.AsSpan().StartsWith(unit) || unit.StartsWith(other.Symbol)))
                    {
                        fitted = $"; did you mean '{number} {other.Symbol}'?";
                        break;
                    }
                }

                return kind == QuantityKind.Number
                    ? $"is {Word(candidate.Kind)} ('{unit}'); expected a number without a unit"
                    : $"is {Word(candidate.Kind)} ('{unit}'); {(fitted.Length > 0 ? $"expected {Word(kind)}{fitted}" : Expected(kind))}";
            }
        }

        string best = "";
        int bestDistance = 3;
        foreach (QuantityUnit candidate in QuantityUnit.All)
        {
            if (candidate.Kind != kind)
            {
                continue;
            }

            int distance = unit.Equals(candidate.Symbol, StringComparison.OrdinalIgnoreCase) ? 0 : EditDistance.Between(unit, candidate.Symbol);
            if (distance < bestDistance)
            {
                bestDistance = distance;
                best = candidate.Symbol;
            }
        }

        return best.Length > 0
            ? $"has the unknown unit '{unit}'; did you mean '{number} {best}'?"
            : $"has the unknown unit '{unit}'; {Expected(kind)}";
    }

    /// <summary>Digits with optional thousands groups, fraction and exponent, at the start of <paramref name="text"/>.</summary>
    private static bool TryReadNumber(ReadOnlySpan<char> text, out double number, out int used, out string problem) =>
        // The buffer is here, apart from the loops: beside them it would keep the runtime from compiling the method quickly, at every start.
        TryReadNumber(text, stackalloc char[MaximumLength], out number, out used, out problem);

    private static bool TryReadNumber(ReadOnlySpan<char> text, Span<char> plain, out double number, out int used, out string problem)
    {
        number = 0;
        problem = "";
        int length = 0;
        int digits = 0;
        int sinceComma = -1;
        int index = 0;
        while (index < text.Length && (char.IsAsciiDigit(text[index]) || text[index] == ','))
        {
            if (text[index] == ',')
            {
                if (digits == 0 || (sinceComma >= 0 ? sinceComma != 3 : digits > 3))
                {
                    break;
                }

                sinceComma = 0;
            }
            else
            {
                plain[length++] = text[index];
                digits++;
                if (sinceComma >= 0)
                {
                    sinceComma++;
                }
            }

            index++;
        }

        if (sinceComma is >= 0 and not 3 || (index < text.Length && text[index] == ','))
        {
            used = 0;
            problem = $"has a comma that does not group thousands ('{text}'); a fraction is written with a point";
            return false;
        }

        if (index < text.Length && text[index] == '.')
        {
            plain[length++] = '.';
            index++;
            while (index < text.Length && char.IsAsciiDigit(text[index]))
            {
                plain[length++] = text[index++];
                digits++;
            }
        }

        used = index;
        if (digits == 0)
        {
            return false;
        }

        // An exponent only where digits follow: "1 EB" is not one.
        if (index < text.Length && text[index] is 'e' or 'E')
        {
            int probe = index + 1;
            if (probe < text.Length && text[probe] is '+' or '-')
            {
                probe++;
            }

            if (probe < text.Length && char.IsAsciiDigit(text[probe]))
            {
                while (probe < text.Length && char.IsAsciiDigit(text[probe]))
                {
                    probe++;
                }

                text[index..probe].CopyTo(plain[length..]);
                length += probe - index;
                used = probe;
            }
        }

        if (!double.TryParse(plain[..length], NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number))
        {
            return false;
        }

        if (double.IsFinite(number))
        {
            return true;
        }

        problem = "is larger than any number this program can hold";
        return false;
    }
}
