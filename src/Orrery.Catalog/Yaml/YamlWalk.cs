using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orrery.Catalog.Yaml;

/// <summary>
/// One pass over the events of the parser, which become nodes. The limits are checked event by event, so a hostile file is left where it passes
/// them and never held whole. What the parser lets through without a word (aliases of nothing) is refused here.
/// </summary>
internal sealed class YamlWalk(string text, DiagnosticList diagnostics)
{
    private readonly Parser parser = new(new StringReader(text));
    private readonly TextPosition[] open = new TextPosition[YamlReader.MaximumDepth + 1];
    private int opened;
    private int nodes;

    /// <summary>Where the last event began.</summary>
    public TextPosition Last { get; private set; } = new(1, 1);

    /// <summary>The innermost bracket or brace still open, else where the last event began: what to point at when the text just ends.</summary>
    public TextPosition Unfinished => opened > 0 ? open[opened - 1] : Last;

    /// <summary>The place of a mark of the parser; where the last event began for a mark that holds none.</summary>
    public TextPosition Place(YamlDotNet.Core.Mark mark) => mark.Line > 0 ? new((int)mark.Line, (int)mark.Column) : Last;

    /// <summary>A message of the parser without its own place; ours stands in front.</summary>
    public static string Clean(string message)
    {
        int end = message.IndexOf("): ", StringComparison.Ordinal);
        string plain = end >= 0 && message.StartsWith('(') ? message[(end + 3)..] : message;
        return plain.ReplaceLineEndings(" ").Trim().TrimEnd('.');
    }

    /// <summary>The only document of the text; null with a diagnostic where there is none or the text must be given up.</summary>
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
        Last = Place(current.Start);
        return current;
    }

    /// <summary>Reads the node whose first event is current; null once the file must be given up.</summary>
    private YamlNode? Node(int depth)
    {
        TextPosition position = Last;
        if (++nodes > YamlReader.MaximumNodes)
        {
            diagnostics.Error(DiagnosticCode.TooDeep, position, $"the file holds more than {YamlReader.MaximumNodes} values");
            return null;
        }

        if (depth > YamlReader.MaximumDepth)
        {
            diagnostics.Error(DiagnosticCode.TooDeep, position, $"nested deeper than {YamlReader.MaximumDepth} levels");
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
            open[opened++] = position;
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
            open[opened++] = position;
        }

        ImmutableArray<YamlEntry>.Builder entries = ImmutableArray.CreateBuilder<YamlEntry>();
        Dictionary<string, YamlScalar> seen = new(StringComparer.Ordinal);
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
            else if (!seen.TryAdd(name.Text, name))
            {
                diagnostics.Error(DiagnosticCode.DuplicateKey, name.Position, $"'{name.Shortened}' stands here a second time; the first is on line {seen[name.Text].Position.Line}");
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
            opened--;
        }
    }
}
