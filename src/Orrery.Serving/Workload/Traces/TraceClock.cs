using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Orrery.Serving;

/// <summary>
/// Turns the times of one file into ticks. A clock of picoseconds spans months, not the years since an era began, so dates, and numbers that are too large
/// for it, are counted from the first seen.
/// </summary>
internal struct TraceClock(double ticksPerUnit)
{
    private const long NoDate = long.MinValue;
    private const double LongestTicks = TraceLimits.LongestSpan * RequestTrace.TicksPerSecond;
    private const double AbsurdTicks = TraceLimits.AbsurdSpan * RequestTrace.TicksPerSecond;
    private const int DateLength = 19;

    private long firstDate = NoDate;
    private double firstNumber = double.NaN;

    /// <summary>A time as text: a number of units, or a date.</summary>
    /// <param name="isBeyond">It is a time, and more than a hundred days from the first.</param>
    public bool TryRead(ReadOnlySpan<byte> text, out long ticks, out bool isBeyond)
    {
        if (Utf8Parser.TryParse(text, out double number, out int used) && used == text.Length)
            return TryRead(number, out ticks, out isBeyond);
        ticks = 0;
        isBeyond = false;
        if (!TryDate(text, out long date) || !double.IsNaN(firstNumber))
            return false;
        firstDate = firstDate == NoDate ? date : firstDate;
        long since = date - firstDate;
        isBeyond = Math.Abs((double)since) > TraceLimits.LongestSpan * TimeSpan.TicksPerSecond;
        if (!isBeyond)
            ticks = since * (long)(RequestTrace.TicksPerSecond / TimeSpan.TicksPerSecond);
        return Math.Abs((double)since) < TraceLimits.AbsurdSpan * TimeSpan.TicksPerSecond;
    }

    /// <summary>A time as a number of units.</summary>
    public bool TryRead(double number, out long ticks, out bool isBeyond)
    {
        ticks = 0;
        isBeyond = false;
        if (!double.IsFinite(number) || firstDate != NoDate)
            return false;
        if (double.IsNaN(firstNumber))
            firstNumber = Math.Abs(number * ticksPerUnit) < LongestTicks ? 0 : number;
        double since = (number - firstNumber) * ticksPerUnit;
        isBeyond = Math.Abs(since) > LongestTicks;
        if (!isBeyond)
            ticks = (long)Math.Round(since);
        return Math.Abs(since) < AbsurdTicks;
    }

    /// <summary>Ticks of 100 ns of a date: the usual form by hand, since a file has millions of them, any other by the library.</summary>
    private static bool TryDate(ReadOnlySpan<byte> text, out long date)
    {
        if (TryUsualDate(text, out date))
            return true;
        Span<char> letters = stackalloc char[40];
        if (text.Length > letters.Length || Encoding.UTF8.GetCharCount(text) > letters.Length)
            return false;
        int count = Encoding.UTF8.GetChars(text, letters);
        bool isDate = DateTimeOffset.TryParse(letters[..count], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment);
        date = isDate ? moment.UtcTicks : 0;
        return isDate;
    }

    /// <summary><c>2023-11-16 18:15:46.6805900</c>, with a space or a T, up to seven decimals, and nothing behind.</summary>
    private static bool TryUsualDate(ReadOnlySpan<byte> text, out long date)
    {
        date = 0;
        if (text.Length < DateLength || text.Length > DateLength + 8 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)' ' or (byte)'T') || text[13] != ':' || text[16] != ':')
            return false;
        bool isWhole = TryDigits(text[..4], out int year) & TryDigits(text[5..7], out int month) & TryDigits(text[8..10], out int day)
            & TryDigits(text[11..13], out int hour) & TryDigits(text[14..16], out int minute) & TryDigits(text[17..19], out int second);
        if (!isWhole || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return false;
        int fraction = 0;
        if (text.Length > DateLength)
        {
            if (text[DateLength] != '.' || text.Length == DateLength + 1 || !TryDigits(text[(DateLength + 1)..], out fraction))
                return false;
            for (int digits = text.Length - DateLength - 1; digits < 7; digits++)
                fraction *= 10;
        }

        date = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks + fraction;
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (byte letter in text)
        {
            if (letter is < (byte)'0' or > (byte)'9')
                return false;
            number = (10 * number) + letter - '0';
        }

        return true;
    }
}
