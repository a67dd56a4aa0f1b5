using System.Text;
using YamlDotNet.Core;

namespace Orrery.Catalog.Yaml;

/// <summary>
/// Reads the part of YAML the catalogue is written in: one document of mappings, lists and texts, each with its place.
/// Anchors, aliases, tags and second documents are refused with a message, so nothing in a file can grow when read.
/// Whatever the bytes, the answer is a node or diagnostics, never an exception.
/// </summary>
public static class YamlReader
{
    /// <summary>Files above this size are refused unread (4 MiB).</summary>
    public const int MaximumBytes = 4 * 1024 * 1024;

    /// <summary>Levels of nesting allowed.</summary>
    public const int MaximumDepth = 32;

    /// <summary>Nodes allowed in a file.</summary>
    public const int MaximumNodes = 200_000;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file from disk; null with diagnostics where that fails.</summary>
    public static YamlNode? ReadFile(string path, DiagnosticList diagnostics)
    {
        byte[] bytes;
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > MaximumBytes)
            {
                diagnostics.Error(DiagnosticCode.FileTooLarge, default, $"the file has {file.Length} bytes; at most {MaximumBytes} are read");
                return null;
            }

            bytes = File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException or System.Security.SecurityException)
        {
            // The reason is the operating system's; its text may hold an absolute path, so it is told in our words.
            string reason = exception switch
            {
                FileNotFoundException or DirectoryNotFoundException => "there is no such file",
                UnauthorizedAccessException => Directory.Exists(path) ? "it is a folder" : "reading it is not allowed",
                _ => "it cannot be read",
            };
            diagnostics.Error(DiagnosticCode.FileUnreadable, default, reason);
            return null;
        }

        return Read(bytes, diagnostics);
    }

    /// <summary>Reads UTF-8 bytes; null with diagnostics where there is no readable document.</summary>
    public static YamlNode? Read(ReadOnlySpan<byte> bytes, DiagnosticList diagnostics)
    {
        if (bytes.Length > MaximumBytes)
        {
            diagnostics.Error(DiagnosticCode.FileTooLarge, default, $"the file has {bytes.Length} bytes; at most {MaximumBytes} are read");
            return null;
        }

        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            diagnostics.Error(DiagnosticCode.NotUtf8, PlaceOf(exception.Index, bytes), "this byte is not UTF-8 text");
            return null;
        }

        return Read(text, diagnostics);
    }

    private static TextPosition PlaceOf(int index, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> before = bytes[..Math.Clamp(index, 0, bytes.Length)];
        return new(before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'));
    }

    /// <summary>Reads a text; null with diagnostics where there is no readable document.</summary>
    public static YamlNode? Read(string text, DiagnosticList diagnostics)
    {
        if (!CheckCharacters(text, diagnostics))
        {
            return null;
        }

        YamlWalk walk = new(text, diagnostics);
        try
        {
            return walk.Document();
        }
        catch (YamlException exception)
        {
            bool atEnd = exception.Start.Index >= text.AsSpan().TrimEnd().Length;
            diagnostics.Error(DiagnosticCode.YamlSyntax, atEnd ? walk.Unfinished : walk.Place(exception.Start), $"not YAML: {YamlWalk.Clean(exception.Message)}");
            return null;
        }
        catch (Exception)
        {
            // The parser throws bare exceptions without a place on some broken texts (an unclosed '[' among them): point at what it had not finished.
            diagnostics.Error(DiagnosticCode.YamlSyntax, walk.Unfinished, "not YAML from about here on: a bracket, brace or quote is probably left open");
            return null;
        }
    }

    /// <summary>Finds what the parser passes silently: tabs as indentation and control characters.</summary>
    private static bool CheckCharacters(string text, DiagnosticList diagnostics)
    {
        // Line by line: a loop over a whole file would make the runtime compile this method a second time.
        bool clean = true;
        ReadOnlySpan<char> rest = text;
        for (int line = 1; ; line++)
        {
            int end = rest.IndexOf('\n');
            ReadOnlySpan<char> letters = end < 0 ? rest : rest[..end];
            int control = ControlIn(letters, out int tab);
            if (tab >= 0)
            {
                diagnostics.Error(DiagnosticCode.TabIndentation, new(line, tab + 1), "a tab begins this line; indent with spaces");
                clean = false;
            }

            if (control >= 0)
            {
                diagnostics.Error(DiagnosticCode.YamlSyntax, new(line, control + 1), $"the control character U+{(int)letters[control]:X4} is not allowed in a text file");
                return false;
            }

            if (end < 0)
            {
                return clean;
            }

            rest = rest[(end + 1)..];
        }
    }

    /// <summary>The place of the first control character of a line, and of the first tab of its indentation; -1 where there is none.</summary>
    private static int ControlIn(ReadOnlySpan<char> line, out int tab)
    {
        tab = -1;
        bool leading = true;
        for (int index = 0; index < line.Length; index++)
        {
            char letter = line[index];
            if (letter == '\t')
            {
                tab = leading ? index : tab;
            }
            else if (letter < ' ' && letter != '\r')
            {
                return index;
            }

            leading &= letter == ' ';
        }

        return -1;
    }
}
