using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>
/// Reads a trace file, plain or gzip, in whichever layout it has, line by line: memory holds one line and the requests. Every mistake is said
/// with its line and column; after <see cref="MostShown"/> of a kind the rest are counted. Lines that cannot be used are errors, except requests longer than
/// the context, which are left out with a warning as a server would refuse them, and requests without a prompt, which failed where they were recorded.
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
            FileStream file = File.OpenRead(path);
            Span<byte> head = stackalloc byte[2];
            // What a pipe has said cannot be taken back: text alone is read from one.
            bool isZipped = file.CanSeek && file.ReadAtLeast(head, 2, throwOnEndOfStream: false) == 2 && head[0] == 0x1f && head[1] == 0x8b;
            if (file.CanSeek)
                file.Position = 0;
            using LineReader lines = new(isZipped ? new GZipStream(file, CompressionMode.Decompress) : file);
            return Read(lines, limits, shown, isZipped ? file.Length : 0);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Failed(ServingCode.TraceUnreadable, shown, 0, 0, Plain(exception.Message));
        }
    }

    /// <summary>Reads a stream of plain text.</summary>
    public static Result<RequestTrace> Read(Stream text, in TraceLimits limits, string displayName)
    {
        using LineReader lines = new(text);
        return Read(lines, limits, displayName, 0);
    }

    /// <summary>Reads lines to the end, or to where a compressed file is damaged.</summary>
    /// <param name="zipped">Bytes of the compressed file; 0 for plain text.</param>
    private static Result<RequestTrace> Read(LineReader lines, in TraceLimits limits, string file, long zipped)
    {
        try
        {
            return ReadLines(lines, limits, file, zipped);
        }
        catch (InvalidDataException)
        {
            return Failed(ServingCode.TraceUnreadable, file, lines.Line, 1, lines.Line == 0 ? "the gzip file is cut off or damaged before its first line ends" : "the gzip file is cut off or damaged after this line");
        }
    }

    private static Result<RequestTrace> ReadLines(LineReader lines, in TraceLimits limits, string file, long zipped)
    {
        ReadOnlySpan<byte> first = default;
        while (first.IsEmpty)
        {
            if (!lines.TryRead(out first))
                return Failed(ServingCode.EmptyTrace, file, 0, 0, "the file is empty; expected a heading, or one JSON object a line");
            if (lines.Line == 1 && first.StartsWith(Encoding.UTF8.Preamble))
                first = first[3..];
        }

        if (TraceHeading.Objection(first, lines.IsCut) is var (place, objection))
            return Failed(lines.IsCut ? ServingCode.LineTooLong : ServingCode.UnknownLayout, file, lines.Line, place, objection);
        bool isJson = first[0] == (byte)'{';
        if (!TraceHeading.TryRead(first, isJson, out List<string> columns, out int broken))
            return Failed(ServingCode.BadTraceLine, file, lines.Line, broken, "the line is not a JSON object");
        if (TraceLayouts.For(columns, isJson) is not { } layout)
        {
            (int at, string lacking) = TraceHeading.Missing(columns, isJson);
            return Failed(ServingCode.UnknownLayout, file, lines.Line, at, lacking);
        }

        TraceLines requests = new(layout, columns, limits, file);
        if (isJson)
            requests.Take(first, lines.Line);
        while (!requests.IsFull && lines.TryRead(out ReadOnlySpan<byte> line))
        {
            if (lines.IsCut)
                requests.Stop(ServingCode.LineTooLong, lines.Line, $"the line is longer than {LineReader.LongestLine:#,0} bytes; nothing is read after it");
            else if (zipped > 0 && lines.BytesRead > TraceLimits.FreelyExpanded && lines.BytesRead / TraceLimits.MostExpansion > zipped)
                requests.Stop(ServingCode.TraceTooLarge, lines.Line, $"the file expands to more than {TraceLimits.MostExpansion} times its {zipped:#,0} bytes: no list of requests does; nothing is read after this line");
            else if (line.Length > 0)
                requests.Take(line, lines.Line);
        }

        return requests.Finish();
    }

    private static Result<RequestTrace> Failed(string code, string file, int line, int column, string message) =>
        new(null, [new Diagnostic(Severity.Error, code, file, line, line > 0 ? Math.Max(1, column) : 0, message)]);

    private static string Plain(string message) => string.Concat(message.Select(static letter => char.IsControl(letter) ? ' ' : letter));
}
