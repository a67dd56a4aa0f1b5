using System.Globalization;
using System.Text;
using System.Text.Json;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>The first line of a trace: what its columns or keys are, or why it is the first line of something else.</summary>
internal static class TraceHeading
{
    private const int MostListed = 8;
    private const int MostCompared = 256;

    /// <summary>First bytes of what is often taken for a trace.</summary>
    private static readonly (byte[] Bytes, string Name)[] Strangers =
    [
        ([0x50, 0x4b, 0x03, 0x04], "a zip archive"),
        ([0x28, 0xb5, 0x2f, 0xfd], "a zstd file"),
        ([0x42, 0x5a, 0x68], "a bzip2 file"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "an xz file"),
        ([0x1f, 0x8b], "a gzip stream inside another, or from a pipe"),
        ([0x50, 0x41, 0x52, 0x31], "a Parquet file"),
        ([0xff, 0xfe], "text in UTF-16"),
        ([0xfe, 0xff], "text in UTF-16"),
    ];

    /// <summary>Where and why the line is no heading and no JSON object; null where it may be one.</summary>
    public static (int Column, string Message)? Objection(ReadOnlySpan<byte> line, bool isCut)
    {
        foreach ((byte[] bytes, string name) in Strangers)
        {
            if (line.StartsWith(bytes))
                return (1, $"the file is {name}; expected text in UTF-8 (.csv, .jsonl), or gzip of it");
        }

        int control = line.IndexOfAnyInRange((byte)0, (byte)8);
        if (control >= 0)
            return (control + 1, string.Create(CultureInfo.InvariantCulture, $"the file is no text: byte 0x{line[control]:x2}; expected a heading, or one JSON object a line"));
        if (isCut)
            return (1, $"the line is longer than {LineReader.LongestLine:#,0} bytes; expected a heading, or one JSON object a line");
        if (!System.Text.Unicode.Utf8.IsValid(line))
            return (1, "the line is not UTF-8; expected a heading, or one JSON object a line");
        return line[0] == (byte)'[' ? (1, "the file is one JSON array; expected one JSON object a line, without brackets or commas between them") : null;
    }

    /// <summary>The names of columns, or of the keys of an object; <paramref name="broken"/> is where it stops being one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, bool isJson, out List<string> columns, out int broken)
    {
        columns = [];
        broken = 1;
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
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            broken = exception is JsonException { BytePositionInLine: { } at } ? (int)at + 1 : 1;
            return false;
        }

        return true;
    }

    /// <summary>What the nearest layout would have and the file has not, and the place of the column that may be meant.</summary>
    public static (int Column, string Message) Missing(List<string> columns, bool isJson)
    {
        List<string> compared = columns.Count > MostCompared ? columns[..MostCompared] : columns;
        TraceLayout? nearest = null;
        List<string> lacking = [];
        string meant = "";
        double least = double.PositiveInfinity;
        foreach (TraceLayout layout in TraceLayouts.All)
        {
            if (layout.IsJsonLines != isJson)
                continue;
            List<string> words = [];
            string first = "";
            double distance = 0;
            foreach (string[] names in layout.NeedsArrival ? [layout.Arrival, layout.Input, layout.Output] : (string[][])[layout.Input, layout.Output])
            {
                if (TraceLayout.Find(compared, names) >= 0)
                    continue;
                string? near = EditDistance.Nearest(names[0], compared);
                // A name that is nearly there counts for less than one of which nothing is.
                distance += near is null ? 1 : 0.5;
                first = first.Length > 0 ? first : near ?? "";
                words.Add(near is null ? $"'{names[0]}'" : $"'{names[0]}' (is '{Quoted.Text(near)}' meant?)");
            }

            if (distance < least)
                (nearest, lacking, meant, least) = (layout, words, first, distance);
        }

        int at = 1;
        for (int column = 0; column < compared.Count && meant.Length > 0 && !isJson && compared[column] != meant; column++)
            at += compared[column].Length + 1;
        string found = string.Join(", ", columns.Take(MostListed).Select(static column => Quoted.Text(column))) + (columns.Count > MostListed ? $" and {columns.Count - MostListed} more" : "");
        string known = string.Join(", ", TraceLayouts.All.Select(static layout => layout.Name));
        string why = columns.Count == 1 && columns[0].AsSpan().IndexOfAny(";\t|") is >= 0 and int mark
            ? $"; columns are parted by '{(columns[0][mark] == '\t' ? "a tab" : columns[0][mark])}', expected ','"
            : !isJson && columns.TrueForAll(static column => double.TryParse(column, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) ? "; the first line is no heading" : "";
        return (at, $"no known layout of traces has these columns: found {found}; the nearest, {nearest?.Name}, lacks {string.Join(" and ", lacking)}{why} (layouts: {known})");
    }

    /// <summary>A name of a file in a message.</summary>
    public static string Shown(ReadOnlySpan<byte> text) => Quoted.Text(Encoding.UTF8.GetString(text.Length > Quoted.Longest ? text[..Quoted.Longest] : text));
}
