using System.Globalization;
using System.Text;
using System.Text.Json;
using Orrery.Catalog;

namespace Orrery.Models.Json;

/// <summary>What a JSON value is.</summary>
internal enum JsonKind : byte
{
    Null,
    Boolean,
    Number,
    Text,
    List,
    Group,
}

/// <summary>A JSON value that knows where it stands in its file.</summary>
/// <param name="Text">The string, or the number as written.</param>
/// <param name="Members">Of an object in file order; key, its offset, value.</param>
internal sealed record JsonValue(
    JsonKind Kind, int Offset, string Text, bool IsTrue, List<JsonValue> Items, List<(string Key, int Offset, JsonValue Value)> Members)
{
    /// <summary>The kind in words, for messages.</summary>
    public string Words => Kind switch
    {
        JsonKind.Null => "null",
        JsonKind.Boolean => IsTrue ? "true" : "false",
        JsonKind.Number => Text,
        JsonKind.Text => $"\"{Shorten(Text)}\"",
        JsonKind.List => "a list",
        _ => "an object",
    };

    /// <summary>Text of the user's file cut to what fits a message.</summary>
    internal static string Shorten(string text) => text.Length <= 60 ? text : string.Concat(text.AsSpan(0, 57), "...");
}

/// <summary>
/// Reads one JSON object and keeps the place of every key and value. Nothing throws, whatever the bytes; limits are
/// <see cref="MaximumBytes"/>, <see cref="MaximumDepth"/> and <see cref="MaximumValues"/>.
/// </summary>
internal sealed class PositionedJson
{
    /// <summary>Files of model configurations have a few kilobytes.</summary>
    public const int MaximumBytes = 1 << 20;

    public const int MaximumDepth = 32;

    public const int MaximumValues = 200_000;

    private readonly byte[] _bytes;
    private readonly string _file;
    private readonly List<Diagnostic> _diagnostics;
    private int _values;

    private PositionedJson(byte[] bytes, string file, List<Diagnostic> diagnostics)
    {
        _bytes = bytes;
        _file = file;
        _diagnostics = diagnostics;
    }

    /// <summary>The object in the bytes, or null with at least one error added.</summary>
    public static JsonValue? Read(byte[] bytes, string file, List<Diagnostic> diagnostics) =>
        new PositionedJson(WithoutPythonNumbers(bytes), file, diagnostics).ReadRoot();

    /// <summary>
    /// Python writes numbers that JSON does not have as words, and published configurations contain them. Each becomes a number of as many characters
    /// (an infinity too large for any key, a not-a-number 0), so that every place stays what it was.
    /// </summary>
    private static byte[] WithoutPythonNumbers(byte[] bytes)
    {
        if (bytes.Length > MaximumBytes || (bytes.AsSpan().IndexOf("Infinity"u8) < 0 && bytes.AsSpan().IndexOf("NaN"u8) < 0))
            return bytes;
        byte[] copy = [.. bytes];
        bool isInText = false;
        for (int at = 0; at < copy.Length; at++)
        {
            Span<byte> rest = copy.AsSpan(at);
            if (copy[at] == (byte)'"')
                isInText = !isInText;
            else if (copy[at] == (byte)'\\' && isInText)
                at++;
            else if (!isInText && rest.StartsWith("Infinity"u8))
                "1e999999"u8.CopyTo(rest);
            else if (!isInText && rest.StartsWith("NaN"u8))
                "0e0"u8.CopyTo(rest);
        }

        return copy;
    }

    /// <summary>Line and column of an offset, from 1; columns count characters, a tab is one.</summary>
    public static (int Line, int Column) Locate(ReadOnlySpan<byte> bytes, long offset)
    {
        int end = (int)Math.Clamp(offset, 0, bytes.Length);
        int line = 1;
        int start = 0;
        for (int index = 0; index < end; index++)
        {
            if (bytes[index] == (byte)'\n')
            {
                line++;
                start = index + 1;
            }
        }

        int column = 1;
        for (int index = start; index < end; index++)
            column += (bytes[index] & 0xC0) == 0x80 ? 0 : 1;
        return (line, column);
    }

    private JsonValue? ReadRoot()
    {
        if (_bytes.Length > MaximumBytes)
        {
            Error(ModelCodes.TooLarge, 0, $"the file is larger than {MaximumBytes} bytes, which no model description needs");
            return null;
        }

        int start = _bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        Utf8JsonReader reader = new(_bytes.AsSpan(start), new JsonReaderOptions { MaxDepth = MaximumDepth });
        try
        {
            if (!reader.Read())
            {
                Error(ModelCodes.NotJson, start, "the file is empty; expected a JSON object");
                return null;
            }

            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Error(ModelCodes.NotJson, start + reader.TokenStartIndex, "expected a JSON object, which begins with '{'");
                return null;
            }

            JsonValue? root = ReadValue(ref reader, start);

            // A second document after the first makes the reader throw here.
            if (root is not null)
                reader.Read();
            return root;
        }
        catch (JsonException mistake)
        {
            // The reader counts both from 0, the column in bytes.
            int column = (int)Math.Min(int.MaxValue - 1, mistake.BytePositionInLine ?? 0) + 1;
            int line = (int)Math.Min(int.MaxValue - 1, mistake.LineNumber ?? 0) + 1;
            string message = mistake.Message;
            int tail = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            _diagnostics.Add(new Diagnostic(
                Severity.Error, ModelCodes.NotJson, _file, line, column, $"not valid JSON: {(tail < 0 ? message : message[..tail])}"));
            return null;
        }
        catch (InvalidOperationException)
        {
            // Strings that are not UTF-8, or hold half of a surrogate pair, are only found when they are read.
            Error(ModelCodes.NotJson, start + reader.TokenStartIndex, "text that is not valid Unicode");
            return null;
        }
    }

    private JsonValue? ReadValue(ref Utf8JsonReader reader, int start)
    {
        int offset = start + (int)reader.TokenStartIndex;
        if (++_values > MaximumValues)
        {
            Error(ModelCodes.TooLarge, offset, $"more than {MaximumValues} values");
            return null;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.True:
            case JsonTokenType.False:
                return new JsonValue(JsonKind.Boolean, offset, "", reader.TokenType == JsonTokenType.True, [], []);
            case JsonTokenType.Number:
                return new JsonValue(JsonKind.Number, offset, Encoding.UTF8.GetString(reader.ValueSpan), IsTrue: false, [], []);
            case JsonTokenType.String:
                return new JsonValue(JsonKind.Text, offset, reader.GetString() ?? "", IsTrue: false, [], []);
            case JsonTokenType.StartArray:
                return ReadList(ref reader, start, offset);
            case JsonTokenType.StartObject:
                return ReadGroup(ref reader, start, offset);
            default:
                return new JsonValue(JsonKind.Null, offset, "", IsTrue: false, [], []);
        }
    }

    private JsonValue? ReadList(ref Utf8JsonReader reader, int start, int offset)
    {
        List<JsonValue> items = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (ReadValue(ref reader, start) is not { } item)
                return null;
            items.Add(item);
        }

        return new JsonValue(JsonKind.List, offset, "", IsTrue: false, items, []);
    }

    private JsonValue? ReadGroup(ref Utf8JsonReader reader, int start, int offset)
    {
        List<(string Key, int Offset, JsonValue Value)> members = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            int keyOffset = start + (int)reader.TokenStartIndex;
            string key = reader.GetString() ?? "";
            if (!reader.Read() || ReadValue(ref reader, start) is not { } value)
                return null;
            if (seen.Add(key))
                members.Add((key, keyOffset, value));
            else
                Error(ModelCodes.DuplicateKey, keyOffset, $"'{JsonValue.Shorten(key)}' is given twice");
        }

        return new JsonValue(JsonKind.Group, offset, "", IsTrue: false, [], members);
    }

    private void Error(string code, long offset, string message)
    {
        (int line, int column) = Locate(_bytes, offset);
        _diagnostics.Add(new Diagnostic(Severity.Error, code, _file, line, column, message));
    }

    /// <summary>A number as a whole number within limits; 16.0 is 16.</summary>
    public static bool TryInteger(JsonValue value, out long result)
    {
        result = 0;
        if (value.Kind != JsonKind.Number)
            return false;
        if (long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out result))
            return true;
        if (!double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            || !double.IsInteger(number) || Math.Abs(number) > 1e15)
            return false;
        result = (long)number;
        return true;
    }
}
