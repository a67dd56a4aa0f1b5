using System.Collections.Immutable;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

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
            int line = 1;
            int column = 1;
            int bad = Math.Clamp(exception.Index, 0, bytes.Length);
            foreach (byte value in bytes[..bad])
            {
                column = value == (byte)'\n' ? 1 : column + 1;
                line += value == (byte)'\n' ? 1 : 0;
            }

            diagnostics.Error(DiagnosticCode.NotUtf8, new(line, column), "this byte is not UTF-8 text");
            return null;
        }

        return Read(text, diagnostics);
    }

    /// <summary>Reads a text; null with diagnostics where there is no readable document.</summary>
    public static YamlNode? Read(string text, DiagnosticList diagnostics)
    {
        if (!CheckCharacters(text, diagnostics))
        {
            return null;
        }

        Walk walk = new(text, diagnostics);
        try
        {
            return walk.Document();
        }
        catch (YamlException exception)
        {
            bool atEnd = exception.Start.Index >= text.AsSpan().TrimEnd().Length;
            diagnostics.Error(DiagnosticCode.YamlSyntax, atEnd ? walk.Unfinished : Place(exception.Start, walk.Last), $"not YAML: {Clean(exception.Message)}");
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
        bool clean = true;
        int line = 1;
        int lineStart = 0;
        bool leading = true;
        for (int index = 0; index < text.Length; index++)
        {
            char letter = text[index];
            if (letter == '\n')
            {
                line++;
                lineStart = index + 1;
                leading = true;
            }
            else if (letter == '\t' && leading)
            {
                diagnostics.Error(DiagnosticCode.TabIndentation, new(line, index - lineStart + 1), "a tab begins this line; indent with spaces");
                clean = false;
                leading = false;
            }
            else if (letter != ' ')
            {
                leading = false;
                if (letter < ' ' && letter is not ('\r' or '\t'))
                {
                    diagnostics.Error(DiagnosticCode.YamlSyntax, new(line, index - lineStart + 1), $"the control character U+{(int)letter:X4} is not allowed in a text file");
                    return false;
                }
            }
        }

        return clean;
    }

    private static TextPosition Place(YamlDotNet.Core.Mark mark, TextPosition last) => mark.Line > 0 ? new((int)mark.Line, (int)mark.Column) : last;

    /// <summary>Parser messages end in their own place; ours stands in front.</summary>
    private static string Clean(string message)
    {
        int end = message.IndexOf("): ", StringComparison.Ordinal);
        string plain = end >= 0 && message.StartsWith('(') ? message[(end + 3)..] : message;
        return plain.ReplaceLineEndings(" ").Trim().TrimEnd('.');
    }

    /// <summary>One pass over the parser's events.</summary>
    private sealed class Walk(string text, DiagnosticList diagnostics)
    {
        private readonly Parser parser = new(new StringReader(text));
        private readonly Stack<TextPosition> open = new();
        private int nodes;

        /// <summary>Where the last event began.</summary>
        public TextPosition Last { get; private set; } = new(1, 1);

        /// <summary>The innermost bracket or brace still open, else where the last event began: what to point at when the text just ends.</summary>
        public TextPosition Unfinished => open.Count > 0 ? open.Peek() : Last;

        public YamlNode? Document()
        {
            while (Next() is StreamStart or DocumentStart)
            {
            }

            if (parser.Current is null or StreamEnd or DocumentEnd)
            {
                diagnostics.Error(DiagnosticCode.EmptyFile, new(1, 1), "the file is empty");
                return null;
            }

            YamlNode? root = Node(0);
            if (root is null)
            {
                return null;
            }

            while (Next() is { } parsed)
            {
                if (parsed is DocumentStart)
                {
                    diagnostics.Error(DiagnosticCode.YamlFeature, Last, "a second document begins here; a file holds one");
                    return null;
                }
            }

            return root;
        }

        private ParsingEvent? Next()
        {
            if (!parser.MoveNext())
            {
                return null;
            }

            ParsingEvent current = parser.Current!;
            Last = Place(current.Start, Last);
            return current;
        }

        /// <summary>Reads the node whose first event is current; null once the file must be given up.</summary>
        private YamlNode? Node(int depth)
        {
            TextPosition position = Last;
            if (++nodes > MaximumNodes)
            {
                diagnostics.Error(DiagnosticCode.TooDeep, position, $"the file holds more than {MaximumNodes} values");
                return null;
            }

            if (depth > MaximumDepth)
            {
                diagnostics.Error(DiagnosticCode.TooDeep, position, $"nested deeper than {MaximumDepth} levels");
                return null;
            }

            ParsingEvent current = parser.Current!;
            if (current is AnchorAlias)
            {
                diagnostics.Error(DiagnosticCode.YamlFeature, position, "aliases ('*name') are not read; write the value again");
                return new YamlScalar(position, "", isPlain: true);
            }

            if (current is NodeEvent node && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty))
            {
                diagnostics.Error(DiagnosticCode.YamlFeature, position, "anchors ('&name') and tags ('!name') are not read; write the plain value");
            }

            return current switch
            {
                Scalar scalar => new YamlScalar(position, scalar.Value, scalar.Style is ScalarStyle.Plain or ScalarStyle.Any),
                SequenceStart start => Sequence(position, depth, start.Style == SequenceStyle.Flow),
                MappingStart start => Mapping(position, depth, start.Style == MappingStyle.Flow),
                _ => Unexpected(position),
            };
        }

        private YamlNode? Unexpected(TextPosition position)
        {
            diagnostics.Error(DiagnosticCode.YamlSyntax, position, "not YAML: a value was expected here");
            return null;
        }

        private YamlSequence? Sequence(TextPosition position, int depth, bool bracketed)
        {
            if (bracketed)
            {
                open.Push(position);
            }

            ImmutableArray<YamlNode>.Builder items = ImmutableArray.CreateBuilder<YamlNode>();
            while (Next() is not SequenceEnd)
            {
                if (parser.Current is null || Node(depth + 1) is not { } item)
                {
                    return null;
                }

                items.Add(item);
            }

            Close(bracketed);
            return new(position, items.ToImmutable());
        }

        private YamlMapping? Mapping(TextPosition position, int depth, bool bracketed)
        {
            if (bracketed)
            {
                open.Push(position);
            }

            ImmutableArray<YamlEntry>.Builder entries = ImmutableArray.CreateBuilder<YamlEntry>();
            Dictionary<string, TextPosition> seen = new(StringComparer.Ordinal);
            while (Next() is not MappingEnd)
            {
                if (parser.Current is null || Node(depth + 1) is not { } key)
                {
                    return null;
                }

                Next();
                if (parser.Current is null || Node(depth + 1) is not { } value)
                {
                    return null;
                }

                if (key is not YamlScalar name)
                {
                    diagnostics.Error(DiagnosticCode.KeyIsNotText, key.Position, $"a key must be a text; found {key.Noun}");
                }
                else if (!seen.TryAdd(name.Text, name.Position))
                {
                    diagnostics.Error(DiagnosticCode.DuplicateKey, name.Position, $"'{name.Shortened}' stands here a second time; the first is on line {seen[name.Text].Line}");
                }
                else
                {
                    entries.Add(new(name, value));
                }
            }

            Close(bracketed);
            return new(position, entries.ToImmutable());
        }

        private void Close(bool bracketed)
        {
            if (bracketed)
            {
                open.Pop();
            }
        }
    }
}
