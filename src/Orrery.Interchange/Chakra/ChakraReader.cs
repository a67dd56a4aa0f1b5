using System.Collections.Immutable;
using System.IO.Compression;
using Orrery.Catalog;

namespace Orrery.Interchange;

/// <summary>
/// Reads Chakra execution traces: protobuf or JSON, gzip-compressed or not, told apart by their first bytes. Whatever the bytes, the answer is a trace or
/// diagnostics, never an exception, within <see cref="ChakraLimits"/>.
/// </summary>
/// <remarks>
/// An own reader of the wire format rather than generated classes: a large trace then is a few arrays and not an object a node, and nothing throws on
/// broken bytes. Figures are in <c>docs/replay.md</c>.
/// </remarks>
public static class ChakraReader
{
    /// <summary>Reads one file.</summary>
    /// <param name="rank">Its rank, for messages; -1 where it is not known.</param>
    public static Result<ChakraTrace> ReadFile(string path, int rank = -1, ChakraLimits? limits = null)
    {
        limits ??= ChakraLimits.Default;
        TraceMistakes mistakes = new(path, limits.Mistakes);
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            if (file.Length > limits.FileBytes)
            {
                mistakes.Error(ReplayCodes.TooLarge, $"the file has {file.Length} bytes; at most {limits.FileBytes} are read");
                return new(null, mistakes.ToImmutable());
            }

            return Read(file, mistakes, rank, limits);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            mistakes.Error(ReplayCodes.Unreadable, Reason(exception, path));
            return new(null, mistakes.ToImmutable());
        }
    }

    /// <summary>Reads bytes in memory; <paramref name="name"/> is what messages call them.</summary>
    public static Result<ChakraTrace> Read(byte[] bytes, string name, int rank = -1, ChakraLimits? limits = null)
    {
        limits ??= ChakraLimits.Default;
        using MemoryStream stream = new(bytes, writable: false);
        return Read(stream, new TraceMistakes(name, limits.Mistakes), rank, limits);
    }

    /// <summary>Why a file cannot be read, in our words: the operating system's may hold an absolute path.</summary>
    internal static string Reason(Exception exception, string path) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => Directory.Exists(path) ? "it is a folder" : "reading it is not allowed",
        _ => "it cannot be read",
    };

    private static Result<ChakraTrace> Read(Stream stream, TraceMistakes mistakes, int rank, ChakraLimits limits)
    {
        byte[] head = new byte[64];
        int length = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        bool isPacked = length >= 2 && head[0] == 0x1F && head[1] == 0x8B;
        try
        {
            if (!isPacked)
                return Parse(stream, head.AsSpan(0, length), mistakes, rank, limits);
            using (GZipStream peek = new(stream, CompressionMode.Decompress, leaveOpen: true))
                length = peek.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            stream.Position = 0;
            using GZipStream unpacked = new(stream, CompressionMode.Decompress, leaveOpen: true);
            return Parse(unpacked, head.AsSpan(0, length), mistakes, rank, limits);
        }
        catch (InvalidDataException)
        {
            mistakes.Error(ReplayCodes.Broken, "the gzip compression is broken");
            return new(null, mistakes.ToImmutable());
        }
    }

    private static Result<ChakraTrace> Parse(Stream stream, ReadOnlySpan<byte> head, TraceMistakes mistakes, int rank, ChakraLimits limits)
    {
        ChakraTraceBuilder builder = new(limits, mistakes) { Rank = rank };
        bool isWhole = LooksLikeJson(head)
            ? ReadJson(stream, mistakes, limits, builder)
            : new ChakraProtobufReader(stream, limits, builder, mistakes).Read();
        ChakraTrace? trace = isWhole ? builder.Build() : null;
        ImmutableArray<Diagnostic> diagnostics = mistakes.ToImmutable();
        return new(mistakes.HasErrors ? null : trace, diagnostics);
    }

    private static bool ReadJson(Stream stream, TraceMistakes mistakes, ChakraLimits limits, ChakraTraceBuilder builder)
    {
        byte[] bytes = new byte[1 << 16];
        int filled = 0;
        while (true)
        {
            int got = stream.Read(bytes, filled, bytes.Length - filled);
            if (got == 0)
                break;
            filled += got;
            if (filled > limits.JsonBytes)
            {
                mistakes.Error(ReplayCodes.TooLarge, $"more than {limits.JsonBytes} bytes of JSON");
                return false;
            }

            if (filled == bytes.Length)
                Array.Resize(ref bytes, filled * 2);
        }

        Array.Resize(ref bytes, filled);
        return new ChakraJsonReader(bytes, limits, builder, mistakes).Read();
    }

    /// <summary>
    /// JSON begins with a bracket, after white space. A protobuf trace could begin with the same byte as a length; then the first field of the message
    /// about the trace follows, which no JSON has there.
    /// </summary>
    private static bool LooksLikeJson(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("\uFEFF"u8))
            return true;
        int at = head.IndexOfAnyExcept(" \t\r\n"u8);
        if (at < 0 || head[at] is not ((byte)'{' or (byte)'['))
            return false;
        ReadOnlySpan<byte> rest = head[(at + 1)..];
        int next = rest.IndexOfAnyExcept(" \t\r\n"u8);
        return next < 0 || rest[next] is (byte)'"' or (byte)'{' or (byte)'[' or (byte)'}' or (byte)']';
    }
}
