using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Orrery.Catalog.Yaml;

/// <summary>
/// Reads one document of block and flow mappings, lists, plain and quoted texts. Stops at the first thing that is not, with its place.
/// </summary>
/// <remarks>
/// Our own because every run of the program begins by reading a few of these files: the general library compiles 207 methods and a regular
/// expression for the first of them (22 to 26 ms measured), this one 43 methods (4.6 ms). A test holds it to that library on all data files and on spoiled ones.
/// </remarks>
internal sealed partial class YamlParser(string text, DiagnosticList diagnostics)
{
    private int position;
    private int line = 1;
    private int lineStart;
    private int nodes;

    /// <summary>Indentation of what the outermost open bracket belongs to.</summary>
    private int bracketIndent;

    private TextPosition Here => new(line, position - lineStart + 1);

    /// <summary>Letters before the current one on its line.</summary>
    private int Indent => position - lineStart;

    private char Current => position < text.Length ? text[position] : '\0';

    private bool AtEnd => position >= text.Length;

    /// <summary>Reads the whole text; null with a diagnostic where it is not one readable document.</summary>
    public YamlNode? Document()
    {
        if (!SkipToContent())
        {
            return null;
        }

        if (AtMarker("---"))
        {
            position += 3;
            int markerLine = line;
            if (!SkipToContent())
            {
                return null;
            }

            if (!AtEnd && line == markerLine)
            {
                return Fail<YamlNode>(DiagnosticCode.YamlFeature, Here, "begin the document on the line after '---'");
            }
        }

        if (AtEnd)
        {
            return Fail<YamlNode>(DiagnosticCode.EmptyFile, new(1, 1), "the file is empty");
        }

        if (Current == '%' && Indent == 0)
        {
            return Fail<YamlNode>(DiagnosticCode.YamlFeature, Here, "directives ('%YAML') are not read; leave the line out");
        }

        if (RefuseMarker() || Block(parentIndent: -1, depth: 0) is not { } root || !SkipToContent() || RefuseMarker())
        {
            return null;
        }

        return AtEnd ? root : Fail<YamlNode>(DiagnosticCode.YamlSyntax, Here, "not YAML: this does not belong to what stands above it; check the indentation");
    }

    private T? Fail<T>(string code, TextPosition place, string message)
        where T : class
    {
        diagnostics.Error(code, place, message);
        return null;
    }

    private bool AtMarker(string marker) =>
        position == lineStart && text.AsSpan(position).StartsWith(marker, StringComparison.Ordinal) && (position + 3 == text.Length || IsBlank(text[position + 3]));

    /// <summary>Complains and answers true where a document ends or another begins.</summary>
    private bool RefuseMarker()
    {
        if (!AtEnd && (AtMarker("---") || AtMarker("...")))
        {
            diagnostics.Error(DiagnosticCode.YamlFeature, Here, "a second document begins here; a file holds one");
            return true;
        }

        return false;
    }

    private static bool IsBlank(char letter) => letter is ' ' or '\t' or '\r' or '\n';

    /// <summary>Whether the letter after the current one ends a '-', ':' or '?'.</summary>
    private bool BlankFollows() => position + 1 >= text.Length || IsBlank(text[position + 1]);

    private void SkipSpaces()
    {
        while (position < text.Length && text[position] is ' ' or '\t')
        {
            position++;
        }
    }

    /// <summary>Goes to the next letter that is neither blank nor in a comment, on this line or a later one. False where a '#' follows something directly.</summary>
    private bool SkipToContent()
    {
        while (position < text.Length)
        {
            char letter = text[position];
            if (letter == '#')
            {
                if (position > lineStart && !IsBlank(text[position - 1]))
                {
                    diagnostics.Error(DiagnosticCode.YamlSyntax, Here, "not YAML: a comment needs a space before its '#'");
                    return false;
                }

                while (position < text.Length && text[position] is not ('\n' or '\r'))
                {
                    position++;
                }
            }
            else if (letter is '\n' or '\r')
            {
                NewLine();
            }
            else if (letter is ' ' or '\t')
            {
                position++;
            }
            else
            {
                break;
            }
        }

        return true;
    }

    private void NewLine()
    {
        position += text[position] == '\r' && position + 1 < text.Length && text[position + 1] == '\n' ? 2 : 1;
        line++;
        lineStart = position;
    }

    private bool Enter(int depth, TextPosition place)
    {
        if (++nodes > YamlReader.MaximumNodes)
        {
            diagnostics.Error(DiagnosticCode.TooDeep, place, $"the file holds more than {YamlReader.MaximumNodes} values");
            return false;
        }

        if (depth > YamlReader.MaximumDepth)
        {
            diagnostics.Error(DiagnosticCode.TooDeep, place, $"nested deeper than {YamlReader.MaximumDepth} levels");
            return false;
        }

        return true;
    }

    /// <summary>The node that begins at the current letter and belongs to something indented by <paramref name="parentIndent"/>.</summary>
    private YamlNode? Block(int parentIndent, int depth)
    {
        TextPosition place = Here;
        if (!Enter(depth, place))
        {
            return null;
        }

        if (Current == '-' && BlankFollows())
        {
            return BlockList(depth, place);
        }

        if (Current == '?' && BlankFollows())
        {
            return Fail<YamlNode>(DiagnosticCode.KeyIsNotText, place, "keys marked with '?' are not read; a key is a text before a colon");
        }

        int savedNodes = nodes;
        (int savedPosition, int savedLine, int savedStart) = (position, line, lineStart);
        YamlNode? first = Inline(parentIndent, depth, isKey: true);
        if (first is null)
        {
            return null;
        }

        SkipSpaces();
        if (line == savedLine && Current == ':' && BlankFollows())
        {
            if (first is not YamlScalar)
            {
                return Fail<YamlNode>(DiagnosticCode.KeyIsNotText, place, $"a key must be a text; found {first.Noun}");
            }

            (position, line, lineStart, nodes) = (savedPosition, savedLine, savedStart, savedNodes);
            return BlockMapping(depth, place);
        }

        if (first is YamlScalar { IsPlain: true })
        {
            // Not a key, so it may run over several lines: read it again as the value it is.
            (position, line, lineStart) = (savedPosition, savedLine, savedStart);
            first = Inline(parentIndent, depth, isKey: false);
        }

        return first is not null && EndOfValue() ? first : null;
    }

    private YamlSequence? BlockList(int depth, TextPosition place)
    {
        int indent = Indent;
        ImmutableArray<YamlNode>.Builder items = ImmutableArray.CreateBuilder<YamlNode>();
        while (true)
        {
            position++;
            TextPosition after = Here;
            int dashLine = line;
            if (!SkipToContent())
            {
                return null;
            }

            YamlNode? item = AtEnd || (line != dashLine && Indent <= indent) ? Nothing(after, depth + 1) : Block(indent, depth + 1);
            if (item is null)
            {
                return null;
            }

            items.Add(item);
            if (!SkipToContent())
            {
                return null;
            }

            if (AtEnd || Indent < indent || !(Current == '-' && BlankFollows()) || AtMarker("---"))
            {
                if (!AtEnd && Indent > indent)
                {
                    return Fail<YamlSequence>(DiagnosticCode.YamlSyntax, Here, "not YAML: indented deeper than the list it follows");
                }

                return new(place, items.ToImmutable());
            }

            if (Indent > indent)
            {
                return Fail<YamlSequence>(DiagnosticCode.YamlSyntax, Here, "not YAML: indented deeper than the list it follows");
            }
        }
    }

    private YamlMapping? BlockMapping(int depth, TextPosition place)
    {
        int indent = Indent;
        ImmutableArray<YamlEntry>.Builder entries = ImmutableArray.CreateBuilder<YamlEntry>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (true)
        {
            if (!Enter(depth, Here) || Inline(indent, depth, isKey: true) is not { } key)
            {
                return null;
            }

            SkipSpaces();
            if (key is not YamlScalar name)
            {
                return Fail<YamlMapping>(DiagnosticCode.KeyIsNotText, key.Position, $"a key must be a text; found {key.Noun}");
            }

            if (Current != ':' || !BlankFollows() || name.Position.Line != line)
            {
                return Fail<YamlMapping>(DiagnosticCode.YamlSyntax, name.Position, $"not YAML: {name.Noun} should be a key and have a ': ' after it");
            }

            position++;
            if (BlockValue(indent, depth + 1) is not { } value)
            {
                return null;
            }

            AddEntry(entries, seen, name, value);
            if (!SkipToContent())
            {
                return null;
            }

            if (AtEnd || Indent < indent || AtMarker("---") || AtMarker("..."))
            {
                return new(place, entries.ToImmutable());
            }

            if (Indent > indent)
            {
                return Fail<YamlMapping>(DiagnosticCode.YamlSyntax, Here, "not YAML: indented deeper than the keys it follows");
            }

            if (Current == '-' && BlankFollows())
            {
                return Fail<YamlMapping>(DiagnosticCode.YamlSyntax, Here, "not YAML: a list item among keys");
            }

            if (Current == '?' && BlankFollows())
            {
                return Fail<YamlMapping>(DiagnosticCode.KeyIsNotText, Here, "keys marked with '?' are not read; a key is a text before a colon");
            }
        }
    }

    /// <summary>What stands after a key's colon: on the same line, or indented below it.</summary>
    private YamlNode? BlockValue(int indent, int depth)
    {
        TextPosition after = Here;
        int keyLine = line;
        if (!SkipToContent())
        {
            return null;
        }

        if (AtEnd || AtMarker("---") || AtMarker("..."))
        {
            return Nothing(after, depth);
        }

        if (line != keyLine)
        {
            bool list = Current == '-' && BlankFollows();
            return Indent > indent || (Indent == indent && list) ? Block(list ? indent - 1 : indent, depth) : Nothing(after, depth);
        }

        if (Current == '-' && BlankFollows())
        {
            return Fail<YamlNode>(DiagnosticCode.YamlSyntax, Here, "not YAML: a list cannot begin on the line of its key");
        }

        return Enter(depth, Here) && Inline(indent, depth, isKey: false) is { } value && EndOfValue() ? value : null;
    }

    private YamlScalar? Nothing(TextPosition place, int depth) => Enter(depth, place) ? new(place, "", isPlain: true) : null;

    private void AddEntry(ImmutableArray<YamlEntry>.Builder entries, HashSet<string> seen, YamlScalar key, YamlNode value)
    {
        if (seen.Add(key.Text))
        {
            entries.Add(new(key, value));
            return;
        }

        int first = 0;
        foreach (YamlEntry entry in entries)
        {
            if (entry.Key.Text == key.Text)
            {
                first = entry.Key.Position.Line;
            }
        }

        diagnostics.Error(DiagnosticCode.DuplicateKey, key.Position, $"'{key.Shortened}' stands here a second time; the first is on line {first.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Nothing but blanks and a comment may follow a value on its line.</summary>
    private bool EndOfValue()
    {
        bool spaced = position > 0 && IsBlank(text[position - 1]);
        SkipSpaces();
        if (AtEnd || Current is '\n' or '\r' || (Current == '#' && (spaced || IsBlank(text[position - 1]))))
        {
            return true;
        }

        diagnostics.Error(
            DiagnosticCode.YamlSyntax,
            Here,
            Current == ':' ? "not YAML: a second ': ' on one line; put the text in quotes" : $"not YAML: '{Current}' after the end of a value");
        return false;
    }
}
