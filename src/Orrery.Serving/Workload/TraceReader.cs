using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>
/// Reads a trace file, plain or gzip, in whichever layout it has, line by line: memory holds one line and the requests. Every mistake is said
/// with its line; after <see cref="MostShown"/> of a kind the rest are counted. Lines that cannot be used are errors, except requests longer than the
/// context, which are left out with a warning as a server would refuse them.
/// </summary>
public static class TraceReader
{
    /// <summary>Diagnostics shown of one kind.</summary>
    public const int MostShown = 5;

    /// <summary>Reads a file. <paramref name="displayName"/> is what messages call it.</summary>
    public static Result<RequestTrace> Read(string path, in TraceLimits limits, string? displayName = null)
    {
        string shown = displayName ?? path;
        try
        {
            Stream stream = File.OpenRead(path);
            Span<byte> head = stackalloc byte[2];
            bool isZipped = stream.Read(head) == 2 && head[0] == 0x1f && head[1] == 0x8b;
            stream.Position = 0;
            using LineReader lines = new(isZipped ? new GZipStream(stream, CompressionMode.Decompress) : stream);
            return Read(lines, limits, shown);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or InvalidDataException)
        {
            return Failed(ServingCode.TraceUnreadable, shown, 0, exception.Message);
        }
    }

    /// <summary>Reads a stream of plain text.</summary>
    public static Result<RequestTrace> Read(Stream text, in TraceLimits limits, string displayName)
    {
        using LineReader lines = new(text);
        return Read(lines, limits, displayName);
    }

    private static Result<RequestTrace> Read(LineReader lines, in TraceLimits limits, string file)
    {
        if (!lines.TryRead(out ReadOnlySpan<byte> first) || first.Length == 0)
            return Failed(ServingCode.EmptyTrace, file, 0, "the file is empty; expected a heading, or one JSON object a line");
        if (first.StartsWith(Encoding.UTF8.Preamble))
            first = first[3..];
        bool isJson = first[0] == (byte)'{';
        if (!TryColumns(first, isJson, out List<string> columns))
            return Failed(ServingCode.BadTraceLine, file, 1, "the first line is not a JSON object");
        if (TraceLayouts.For(columns, isJson) is not { } layout)
            return Failed(ServingCode.UnknownLayout, file, 1, Missing(columns, isJson));

        Reading reading = new(layout, columns, limits, file);
        if (isJson)
            reading.Take(first, 1);
        while (!reading.IsFull && lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (!lines.IsCut && line.Length > 0)
                reading.Take(line, lines.Line);
            else if (lines.IsCut && reading.IsShown(ServingCode.LineTooLong))
                reading.Say(ServingCode.LineTooLong, lines.Line, 1, $"the line is longer than {LineReader.LongestLine:#,0} bytes");
        }

        return reading.Finish();
    }

    private static Result<RequestTrace> Failed(string code, string file, int line, string message) =>
        new(null, [new Diagnostic(Severity.Error, code, file, line, line > 0 ? 1 : 0, message)]);

    private static bool TryColumns(ReadOnlySpan<byte> line, bool isJson, out List<string> columns)
    {
        columns = [];
        if (!isJson)
        {
            foreach (Range range in line.Split((byte)','))
                columns.Add(Encoding.UTF8.GetString(line[range]).Trim().Trim('"'));
            return true;
        }

        try
        {
            Utf8JsonReader reader = new(line);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                    columns.Add(reader.GetString() ?? "");
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return true;
    }

    /// <summary>What the nearest layout would have and the file has not.</summary>
    private static string Missing(List<string> columns, bool isJson)
    {
        TraceLayout? nearest = null;
        List<string> lacking = [];
        foreach (TraceLayout layout in TraceLayouts.All)
        {
            if (layout.IsJsonLines != isJson)
                continue;
            List<string> missing = [];
            if (TraceLayout.Find(columns, layout.Input) < 0)
                missing.Add(layout.Input[0]);
            if (TraceLayout.Find(columns, layout.Output) < 0)
                missing.Add(layout.Output[0]);
            if (layout.NeedsArrival && TraceLayout.Find(columns, layout.Arrival) < 0)
                missing.Add(layout.Arrival[0]);
            if (nearest is null || missing.Count < lacking.Count)
                (nearest, lacking) = (layout, missing);
        }

        string found = string.Join(", ", columns.Take(8).Select(static column => column.Length > 40 ? column[..40] : column));
        string known = string.Join(", ", TraceLayouts.All.Select(static layout => layout.Name));
        return $"no known layout of traces has these columns; found {found}; the nearest, {nearest?.Name}, lacks {string.Join(" and ", lacking)} (layouts: {known})";
    }

    /// <summary>The requests of one file so far and what was wrong with it.</summary>
    private sealed class Reading
    {
        private readonly TraceLayout layout;
        private readonly TraceLimits limits;
        private readonly string file;
        private readonly int arrival;
        private readonly int input;
        private readonly int output;
        private readonly byte[][] names;
        private readonly RequestTraceBuilder requests;
        private readonly List<Diagnostic> found = [];
        private readonly SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
        private readonly List<int> blocks = [];
        private long last = long.MinValue;
        private bool hasErrors;

        public Reading(TraceLayout layout, List<string> columns, in TraceLimits limits, string file)
        {
            this.layout = layout;
            this.limits = limits;
            this.file = file;
            arrival = TraceLayout.Find(columns, layout.Arrival);
            input = TraceLayout.Find(columns, layout.Input);
            output = TraceLayout.Find(columns, layout.Output);
            names = [.. columns.Select(Encoding.UTF8.GetBytes)];
            requests = new RequestTraceBuilder(layout.BlockTokens);
        }

        public bool IsFull { get; private set; }

        /// <summary>Counts a mistake; true where it is among the first of its kind, whose messages are worth making.</summary>
        public bool IsShown(string code, Severity severity = Severity.Error)
        {
            hasErrors |= severity == Severity.Error;
            int count = counts.GetValueOrDefault(code) + 1;
            counts[code] = count;
            return count <= MostShown;
        }

        /// <summary>Says a mistake that <see cref="IsShown"/> let through.</summary>
        public void Say(string code, int line, int column, string message, Severity severity = Severity.Error) =>
            found.Add(new Diagnostic(severity, code, file, line, column, message));

        public void Take(ReadOnlySpan<byte> line, int number)
        {
            blocks.Clear();
            long time = 0;
            double prompt = double.NaN;
            double answer = double.NaN;
            bool isRead = layout.IsJsonLines ? Json(line, number, ref time, ref prompt, ref answer) : Cells(line, number, ref time, ref prompt, ref answer);
            if (!isRead || !IsLength(prompt, number, layout.Input[0], 1) || !IsLength(answer, number, layout.Output[0], 0))
                return;
            if (requests.Count >= limits.MostRequests)
            {
                if (IsShown(ServingCode.TooManyRequests, Severity.Warning))
                    Say(ServingCode.TooManyRequests, number, 1, $"the trace goes on after {limits.MostRequests:#,0} requests; the rest is not read", Severity.Warning);
                IsFull = true;
                return;
            }

            if (time < last)
                if (IsShown(ServingCode.UnsortedTrace, Severity.Warning))
                    Say(ServingCode.UnsortedTrace, number, 1, "the request arrives before the one above it; the trace is sorted by arrival", Severity.Warning);
            last = Math.Max(last, time);
            // A service that refused to answer still read the prompt: its first token is the last.
            int generated = Math.Max(1, (int)answer);
            if (prompt + generated > limits.ContextTokens)
            {
                if (IsShown(ServingCode.PromptTooLong, Severity.Warning))
                    Say(
                        ServingCode.PromptTooLong, number, 1,
                        string.Create(CultureInfo.InvariantCulture, $"prompt and answer have {prompt + generated:#,0} tokens, the context {limits.ContextTokens:#,0}; the request is left out"),
                        Severity.Warning);
                return;
            }

            requests.Add(time, (int)prompt, generated, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(blocks));
        }

        public Result<RequestTrace> Finish()
        {
            foreach ((string code, int count) in counts)
            {
                if (count > MostShown)
                    found.Add(new Diagnostic(hasErrors ? Severity.Error : Severity.Warning, code, file, 0, 0, $"{count - MostShown:#,0} more of {code} are not shown"));
            }

            if (!hasErrors && requests.Count == 0)
            {
                hasErrors = true;
                found.Add(new Diagnostic(Severity.Error, ServingCode.EmptyTrace, file, 0, 0, "the trace holds no request that can be served"));
            }

            return new Result<RequestTrace>(hasErrors ? null : requests.ToTrace(), [.. found]);
        }

        private bool IsLength(double value, int line, string name, int least)
        {
            if (value >= least && value <= TraceLimits.AbsurdTokens && value == Math.Floor(value))
                return true;
            if (IsShown(ServingCode.BadLength))
                Say(
                    ServingCode.BadLength, line, 1,
                    double.IsNaN(value)
                        ? $"'{name}' is not a number"
                        : string.Create(CultureInfo.InvariantCulture, $"'{name}' is {value}; expected whole tokens from {least} to {TraceLimits.AbsurdTokens:#,0}"));
            return false;
        }

        private bool Cells(ReadOnlySpan<byte> line, int number, ref long time, ref double prompt, ref double answer)
        {
            int column = 0;
            int start = 0;
            bool isTimed = arrival < 0;
            while (start <= line.Length)
            {
                int length = line[start..].IndexOf((byte)',');
                ReadOnlySpan<byte> cell = length < 0 ? line[start..] : line.Slice(start, length);
                if (column == arrival)
                {
                    if (!TryTime(Unquoted(cell), out time))
                    {
                        if (IsShown(ServingCode.BadTraceLine))
                            Say(ServingCode.BadTraceLine, number, start + 1, $"'{Shown(cell)}' is no time; expected a number or a date such as 2023-11-16 18:15:46.6805900");
                        return false;
                    }

                    isTimed = true;
                }
                else if (column == input)
                {
                    prompt = Number(cell);
                }
                else if (column == output)
                {
                    answer = Number(cell);
                }

                column++;
                if (length < 0)
                    break;
                start += length + 1;
            }

            if (isTimed && column > Math.Max(input, output))
                return true;
            if (IsShown(ServingCode.BadTraceLine))
                Say(ServingCode.BadTraceLine, number, 1, $"the line has {column} columns, the heading {names.Length}");
            return false;
        }

        private bool Json(ReadOnlySpan<byte> line, int number, ref long time, ref double prompt, ref double answer)
        {
            bool isTimed = !layout.NeedsArrival;
            try
            {
                Utf8JsonReader reader = new(line);
                while (reader.Read())
                {
                    if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                        continue;
                    bool isArrival = IsOneOf(ref reader, layout.Arrival);
                    bool isInput = !isArrival && IsOneOf(ref reader, layout.Input);
                    bool isOutput = !isArrival && !isInput && IsOneOf(ref reader, layout.Output);
                    bool isBlocks = !isArrival && !isInput && !isOutput && layout.Blocks.Length > 0 && reader.ValueTextEquals(layout.Blocks);
                    reader.Read();
                    if (isBlocks && reader.TokenType == JsonTokenType.StartArray)
                    {
                        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                        {
                            if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int hash))
                                blocks.Add(hash);
                        }
                    }
                    else if (reader.TokenType == JsonTokenType.Number)
                    {
                        double value = reader.GetDouble();
                        if (isArrival && IsTime(value * layout.TicksPerUnit))
                        {
                            time = (long)Math.Round(value * layout.TicksPerUnit);
                            isTimed = true;
                        }
                        else if (isInput)
                        {
                            prompt = value;
                        }
                        else if (isOutput)
                        {
                            answer = value;
                        }
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                if (IsShown(ServingCode.BadTraceLine))
                    Say(ServingCode.BadTraceLine, number, 1, "the line is not a JSON object");
                return false;
            }

            if (isTimed)
                return true;
            if (IsShown(ServingCode.BadTraceLine))
                Say(ServingCode.BadTraceLine, number, 1, $"'{layout.Arrival[0]}' is missing or no time");
            return false;
        }

        private static bool IsOneOf(ref Utf8JsonReader reader, string[] names)
        {
            foreach (string name in names)
            {
                if (reader.ValueTextEquals(name))
                    return true;
            }

            return false;
        }

        private bool TryTime(ReadOnlySpan<byte> cell, out long ticks)
        {
            if (Utf8Parser.TryParse(cell, out double number, out int used) && used == cell.Length)
            {
                ticks = IsTime(number * layout.TicksPerUnit) ? (long)Math.Round(number * layout.TicksPerUnit) : 0;
                return IsTime(number * layout.TicksPerUnit);
            }

            // A clock of picoseconds spans months, not the years since an era began, so dates are counted from the first seen.
            Span<char> text = stackalloc char[40];
            ticks = 0;
            if (cell.Length > text.Length || Encoding.UTF8.GetCharCount(cell) > text.Length)
                return false;
            int letters = Encoding.UTF8.GetChars(cell, text);
            if (!DateTimeOffset.TryParse(text[..letters], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment))
                return false;
            epoch ??= moment;
            double seconds = (moment - epoch.Value).TotalSeconds;
            if (!IsTime(seconds * RequestTrace.TicksPerSecond))
                return false;
            ticks = (moment.Ticks - epoch.Value.Ticks) * (long)(RequestTrace.TicksPerSecond / TimeSpan.TicksPerSecond);
            return true;
        }

        private DateTimeOffset? epoch;

        /// <summary>Within a hundred days either way, which the clock spans.</summary>
        private static bool IsTime(double ticks) => Math.Abs(ticks) < 100 * 86400 * RequestTrace.TicksPerSecond;

        private static double Number(ReadOnlySpan<byte> cell)
        {
            cell = Unquoted(cell);
            return Utf8Parser.TryParse(cell, out double number, out int used) && used == cell.Length ? number : double.NaN;
        }

        private static ReadOnlySpan<byte> Unquoted(ReadOnlySpan<byte> cell)
        {
            cell = cell.Trim(" \t"u8);
            return cell.Length >= 2 && cell[0] == (byte)'"' && cell[^1] == (byte)'"' ? cell[1..^1] : cell;
        }

        private static string Shown(ReadOnlySpan<byte> cell)
        {
            string text = Encoding.UTF8.GetString(cell.Length > 40 ? cell[..40] : cell);
            return string.Concat(text.Select(static letter => char.IsControl(letter) ? ' ' : letter));
        }
    }
}
