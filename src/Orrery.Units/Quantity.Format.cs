using System.Globalization;

namespace Orrery.Units;

public static partial class Quantity
{
    private const int DefaultDigits = 4;

    private static readonly string[] DecimalPrefixes = ["", "k", "M", "G", "T", "P", "E", "Z"];
    private static readonly string[] BinaryPrefixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi"];

    /// <summary>Data with decimal prefixes: <c>80 GB</c>.</summary>
    /// <param name="digits">Significant digits, 1 to 15; trailing zeros are dropped.</param>
    public static string Format(Bytes value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, Bytes.Symbol, digits);

    /// <summary>Data with binary prefixes: <c>144 GiB</c>.</summary>
    public static string FormatBinary(Bytes value, int digits = DefaultDigits) => Scaled(value.Value, 1024, BinaryPrefixes, Bytes.Symbol, digits);

    /// <summary>A data rate with decimal prefixes: <c>4.9 TB/s</c>.</summary>
    public static string Format(BytesPerSecond value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, BytesPerSecond.Symbol, digits);

    /// <summary>A data rate in bits, as networks are sold: <c>400 Gbps</c>.</summary>
    public static string FormatBits(BytesPerSecond value, int digits = DefaultDigits) => Scaled(8 * value.Value, 1000, DecimalPrefixes, "bps", digits);

    /// <summary>Work: <c>1.2 PFLOP</c>.</summary>
    public static string Format(Flop value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, Flop.Symbol, digits);

    /// <summary>A compute rate: <c>671 TFLOP/s</c>.</summary>
    public static string Format(FlopPerSecond value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, FlopPerSecond.Symbol, digits);

    /// <summary>A clock: <c>2.4 GHz</c>.</summary>
    public static string Format(Hertz value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, Hertz.Symbol, digits);

    /// <summary>A power: <c>700 W</c>, <c>48 kW</c>, <c>1.2 MW</c>.</summary>
    public static string Format(Watts value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, Watts.Symbol, digits);

    /// <summary>An energy: <c>3.6 MJ</c>.</summary>
    public static string Format(Joules value, int digits = DefaultDigits) => Scaled(value.Value, 1000, DecimalPrefixes, Joules.Symbol, digits);

    /// <summary>An energy as it is billed: <c>1.5 kWh</c>; 1 kWh is 3.6 MJ.</summary>
    public static string FormatKilowattHours(Joules value, int digits = DefaultDigits) => Scaled(value.Value / 3600, 1000, DecimalPrefixes, "Wh", digits);

    /// <summary>A duration in ns, us, ms, s, min, h or days, whichever keeps the number readable. Zero is <c>0 s</c>.</summary>
    public static string Format(Seconds value, int digits = DefaultDigits)
    {
        double seconds = value.Value;
        if (NotFinite(seconds, out string word))
        {
            return word;
        }

        double size = Math.Abs(RoundTo(seconds, digits));
        return size switch
        {
            0 => "0 s",
            < 1e-6 => Number(seconds * 1e9, digits) + " ns",
            < 1e-3 => Number(seconds * 1e6, digits) + " us",
            < 1 => Number(seconds * 1e3, digits) + " ms",
            < 60 => Number(seconds, digits) + " s",
            < 3600 => Number(seconds / 60, digits) + " min",
            < 48 * 3600 => Number(seconds / 3600, digits) + " h",
            _ => Number(seconds / 86400, digits) + " days",
        };
    }

    /// <summary>Money: <c>$2.235</c>, <c>$1,280</c>, <c>$3.4 M</c>.</summary>
    public static string Format(Dollars value, int digits = DefaultDigits)
    {
        double dollars = value.Value;
        if (NotFinite(dollars, out string word))
        {
            return word;
        }

        string sign = dollars < 0 ? "-" : "";
        double size = Math.Abs(RoundTo(dollars, digits));
        return size switch
        {
            < 1e6 => $"{sign}${Number(size, digits)}",
            < 1e9 => $"{sign}${Number(size / 1e6, digits)} M",
            _ => $"{sign}${Number(size / 1e9, digits)} B",
        };
    }

    /// <summary>A pure number with thousands grouped by commas and no exponent below 1e15: <c>16,384</c>, <c>0.0015</c>.</summary>
    public static string FormatNumber(double value, int digits = DefaultDigits) => NotFinite(value, out string word) ? word : Number(value, digits);

    /// <summary>A fraction as a percentage: <c>43.2 %</c>.</summary>
    public static string FormatPercent(double fraction, int digits = 3) => NotFinite(fraction, out string word) ? word : Number(100 * fraction, digits) + " %";

    private static string Scaled(double value, double step, string[] prefixes, string symbol, int digits)
    {
        if (NotFinite(value, out string word))
        {
            return word;
        }

        int index = 0;

        // Rounding first keeps 999.99 GB from printing as 1000 GB.
        while (index < prefixes.Length - 1 && Math.Abs(RoundTo(value, digits)) >= step)
        {
            value /= step;
            index++;
        }

        return $"{Number(value, digits)} {prefixes[index]}{symbol}";
    }

    private static bool NotFinite(double value, out string word)
    {
        word = double.IsNaN(value) ? "unknown" : "unlimited";
        return !double.IsFinite(value);
    }

    private static double RoundTo(double value, int digits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 15);
        return double.Parse(value.ToString("E" + (digits - 1).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static string Number(double value, int digits)
    {
        double rounded = RoundTo(value, digits);
        if (rounded == 0)
        {
            return "0";
        }

        if (Math.Abs(rounded) is >= 1e15 or < 1e-6)
        {
            return rounded.ToString("0.###############E+0", CultureInfo.InvariantCulture);
        }

        return rounded.ToString("#,0.#####################", CultureInfo.InvariantCulture);
    }
}
