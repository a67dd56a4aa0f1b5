using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Orrery.Catalog.Yaml;

internal sealed partial class YamlParser
{
    /// <summary>A bracketed group, a quoted text or a plain text. A key stays on its line.</summary>
    private YamlNode? Inline(int parentIndent, int depth, bool isKey)
    {
        switch (Current)
        {
            case '{':
                bracketIndent = parentIndent;
                return FlowMapping(depth);
            case '[':
                bracketIndent = parentIndent;
                return FlowList(depth);
            case '"' or '\'':
                return Quoted(parentIndent);
            case '&' or '*' or '!':
                return RefuseFeature();
            case '|' or '>':
                return Fail<YamlNode>(DiagnosticCode.YamlFeature, Here, "block texts ('|' and '>') are not read; put the text in quotes");
            case ']' or '}' or ',' or '%' or '@' or '`' or '#' or ':':
                return Fail<YamlNode>(DiagnosticCode.YamlSyntax, Here, $"not YAML: no text begins with '{Current}'; put it in quotes");
            case '-' or '?' when BlankFollows():
                return Fail<YamlNode>(DiagnosticCode.YamlSyntax, Here, $"not YAML: '{Current}' stands where a value was expected");
            default:
                return Plain(parentIndent, isKey);
        }
    }

    private YamlNode? RefuseFeature() => Fail<YamlNode>(
        DiagnosticCode.YamlFeature,
        Here,
        Current == '*' ? "aliases ('*name') are not read; write the value again" : "anchors ('&name') and tags ('!name') are not read; write the plain value");

    /// <summary>A text without quotes in block context: to the end of the line, a comment or ': '; a value goes on over lines indented deeper than its parent.</summary>
    private YamlScalar? Plain(int parentIndent, bool isKey)
    {
        TextPosition place = Here;
        StringBuilder? folded = null;
        ReadOnlySpan<char> segment = PlainLine();
        if (isKey)
        {
            return new(place, segment.ToString(), isPlain: true);
        }

        string first = segment.ToString();
        while (true)
        {
            // A comment or a colon ends the text; only a bare line end lets it go on.
            (int savedPosition, int savedLine, int savedStart) = (position, line, lineStart);
            SkipSpaces();
            if (AtEnd || Current is not ('\n' or '\r'))
            {
                (position, line, lineStart) = (savedPosition, savedLine, savedStart);
                break;
            }

            int breaks = 0;
            while (!AtEnd && Current is '\n' or '\r' or ' ' or '\t')
            {
                if (Current is '\n' or '\r')
                {
                    NewLine();
                    breaks++;
                }
                else
                {
                    position++;
                }
            }

            if (AtEnd || Indent <= parentIndent || Current == '#' || AtMarker("---") || AtMarker("..."))
            {
                (position, line, lineStart) = (savedPosition, savedLine, savedStart);
                break;
            }

            folded ??= new StringBuilder(first);
            folded.Append(breaks == 1 ? " " : new string('\n', breaks - 1)).Append(PlainLine());
            if (Current == ':')
            {
                return Fail<YamlScalar>(DiagnosticCode.YamlSyntax, Here, "not YAML: a key inside a text of several lines; check the indentation");
            }
        }

        return new(place, folded?.ToString() ?? first, isPlain: true);
    }

    /// <summary>The part of a plain text on this line, without the blanks at its end; stops at ': ' and at ' #'.</summary>
    private ReadOnlySpan<char> PlainLine()
    {
        int start = position;
        int end = position;
        while (position < text.Length)
        {
            char letter = text[position];
            if (letter is '\n' or '\r' || (letter == ':' && BlankFollows()) || (letter == '#' && position > start && IsBlank(text[position - 1])))
            {
                break;
            }

            position++;
            if (letter is not (' ' or '\t'))
            {
                end = position;
            }
        }

        position = end;
        SkipSpacesBeforeColon();
        return text.AsSpan(start, end - start);
    }

    /// <summary>Leaves the position at a colon that ends a key ('a : 1'), else right after the text.</summary>
    private void SkipSpacesBeforeColon()
    {
        int probe = position;
        while (probe < text.Length && text[probe] is ' ' or '\t')
        {
            probe++;
        }

        if (probe < text.Length && text[probe] == ':' && (probe + 1 >= text.Length || IsBlank(text[probe + 1])))
        {
            position = probe;
        }
    }

    private YamlScalar? Quoted(int parentIndent)
    {
        TextPosition place = Here;
        char quote = Current;
        position++;
        StringBuilder content = new();
        while (!AtEnd)
        {
            char letter = Current;
            if (letter == quote)
            {
                position++;
                if (quote == '\'' && Current == '\'')
                {
                    content.Append('\'');
                    position++;
                    continue;
                }

                return new(place, content.ToString(), isPlain: false);
            }

            if (letter == '\\' && quote == '"')
            {
                if (!Escape(content))
                {
                    return null;
                }
            }
            else if (letter is '\n' or '\r')
            {
                Fold(content);
                if (!AtEnd && Indent <= parentIndent)
                {
                    // A quote left open swallows the keys below it; they give it away.
                    break;
                }

                if (!AtEnd && (AtMarker("---") || AtMarker("...")))
                {
                    break;
                }
            }
            else
            {
                content.Append(letter);
                position++;
            }
        }

        return Fail<YamlScalar>(DiagnosticCode.YamlSyntax, place, "not YAML: the quote opened here is not closed");
    }

    /// <summary>A line end inside quotes reads as a space, an empty line as a line end; blanks around it do not count.</summary>
    private void Fold(StringBuilder content)
    {
        while (content.Length > 0 && content[^1] is ' ' or '\t')
        {
            content.Length--;
        }

        int breaks = 0;
        while (!AtEnd && Current is '\n' or '\r' or ' ' or '\t')
        {
            if (Current is '\n' or '\r')
            {
                NewLine();
                breaks++;
                if (!AtEnd && (AtMarker("---") || AtMarker("...")))
                {
                    return;
                }
            }
            else
            {
                position++;
            }
        }

        content.Append(breaks == 1 ? " " : new string('\n', breaks - 1));
    }

    private bool Escape(StringBuilder content)
    {
        TextPosition place = Here;
        position++;
        char letter = Current;
        int digits = letter switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            if (position + digits < text.Length
                && int.TryParse(text.AsSpan(position + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
                && Rune.IsValid(code))
            {
                content.Append(new Rune(code).ToString());
                position += digits + 1;
                return true;
            }
        }
        else if (letter is '\n' or '\r')
        {
            NewLine();
            SkipSpaces();
            return true;
        }
        else
        {
            int index = "0abtnvfre \"/\\N_LP\t".IndexOf(letter, StringComparison.Ordinal);
            if (index >= 0 && !AtEnd)
            {
                content.Append("\0\a\b\t\n\v\f\r\u001b \"/\\\u0085\u00a0\u2028\u2029\t"[index]);
                position++;
                return true;
            }
        }

        diagnostics.Error(DiagnosticCode.YamlSyntax, place, "not YAML: this is no escape; a backslash in double quotes is written twice");
        return false;
    }

    /// <summary>To the next letter inside brackets. False where the text ends there.</summary>
    private bool SkipInBrackets(TextPosition opened)
    {
        if (!SkipToContent())
        {
            return false;
        }

        if (AtEnd || AtMarker("---") || AtMarker("..."))
        {
            diagnostics.Error(DiagnosticCode.YamlSyntax, opened, "not YAML: the bracket opened here is not closed");
            return false;
        }

        if (line != opened.Line && Indent <= bracketIndent && Current is not (']' or '}'))
        {
            diagnostics.Error(DiagnosticCode.YamlSyntax, Here, "not YAML: inside brackets, lines are indented deeper than the key; or a bracket above is not closed");
            return false;
        }

        return true;
    }

    private YamlSequence? FlowList(int depth)
    {
        TextPosition opened = Here;
        position++;
        ImmutableArray<YamlNode>.Builder items = ImmutableArray.CreateBuilder<YamlNode>();
        while (SkipInBrackets(opened))
        {
            if (Current == ']')
            {
                position++;
                return new(opened, items.ToImmutable());
            }

            if (FlowNode(depth + 1) is not { } item || !SkipInBrackets(opened))
            {
                return null;
            }

            if (Current == ':')
            {
                return Fail<YamlSequence>(DiagnosticCode.YamlSyntax, Here, "not YAML: a key in a list; write '{key: value}'");
            }

            items.Add(item);
            if (!Separator(']', opened))
            {
                return null;
            }
        }

        return null;
    }

    private YamlMapping? FlowMapping(int depth)
    {
        TextPosition opened = Here;
        position++;
        ImmutableArray<YamlEntry>.Builder entries = ImmutableArray.CreateBuilder<YamlEntry>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (SkipInBrackets(opened))
        {
            if (Current == '}')
            {
                position++;
                return new(opened, entries.ToImmutable());
            }

            if (Current == '?' && BlankFollows())
            {
                return Fail<YamlMapping>(DiagnosticCode.KeyIsNotText, Here, "keys marked with '?' are not read; a key is a text before a colon");
            }

            if (FlowNode(depth + 1) is not { } key || !SkipInBrackets(opened))
            {
                return null;
            }

            if (key is not YamlScalar name)
            {
                return Fail<YamlMapping>(DiagnosticCode.KeyIsNotText, key.Position, $"a key must be a text; found {key.Noun}");
            }

            YamlNode? value;
            if (Current == ':')
            {
                position++;
                TextPosition after = Here;
                if (!SkipInBrackets(opened))
                {
                    return null;
                }

                value = Current is ',' or '}' ? Nothing(after, depth + 1) : FlowNode(depth + 1);
            }
            else
            {
                value = Nothing(Here, depth + 1);
            }

            if (value is null)
            {
                return null;
            }

            AddEntry(entries, seen, name, value);
            if (!SkipInBrackets(opened) || !Separator('}', opened))
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Passes a comma; leaves the closing bracket for the loop. False with a complaint at anything else.</summary>
    private bool Separator(char closing, TextPosition opened)
    {
        if (!SkipInBrackets(opened))
        {
            return false;
        }

        if (Current == ',')
        {
            position++;
            return true;
        }

        if (Current == closing)
        {
            return true;
        }

        diagnostics.Error(DiagnosticCode.YamlSyntax, Here, $"not YAML: expected ',' or '{closing}' and found '{Current}'");
        return false;
    }

    private YamlNode? FlowNode(int depth)
    {
        TextPosition place = Here;
        if (!Enter(depth, place))
        {
            return null;
        }

        switch (Current)
        {
            case '{':
                return FlowMapping(depth);
            case '[':
                return FlowList(depth);
            case '"' or '\'':
                return Quoted(bracketIndent);
            case '&' or '*' or '!':
                return RefuseFeature();
            case '-' or '?' when BlankFollows() || text[position + 1] is ',' or '[' or ']' or '{' or '}':
            case ',' or ']' or '}' or '|' or '>' or '%' or '@' or '`' or '#' or ':':
                return Fail<YamlNode>(DiagnosticCode.YamlSyntax, place, $"not YAML: '{Current}' stands where a value was expected; a text that begins with it needs quotes");
            default:
                return FlowPlain(place);
        }
    }

    /// <summary>A text without quotes inside brackets: to a comma, a bracket, ': ' or ' #'; line ends in it read as spaces.</summary>
    private YamlScalar? FlowPlain(TextPosition place)
    {
        StringBuilder content = new();
        while (true)
        {
            int start = position;
            int end = position;
            while (position < text.Length)
            {
                char letter = text[position];
                if (letter is '\n' or '\r' or ',' or '[' or ']' or '{' or '}'
                    || (letter == ':' && (BlankFollows() || text[position + 1] is ',' or ']' or '}'))
                    || (letter == '#' && position > start && IsBlank(text[position - 1])))
                {
                    break;
                }

                position++;
                if (letter is not (' ' or '\t'))
                {
                    end = position;
                }
            }

            content.Append(text, start, end - start);
            if (Current == ':' && !BlankFollows())
            {
                // YAML's versions differ on 'a:}'; nobody means it.
                return Fail<YamlScalar>(DiagnosticCode.YamlSyntax, Here, "not YAML: a ':' after a key needs a space after it");
            }

            if (AtEnd || Current is not ('\n' or '\r'))
            {
                return new(place, content.ToString(), isPlain: true);
            }

            int breaks = 0;
            while (!AtEnd && Current is '\n' or '\r' or ' ' or '\t')
            {
                if (Current is '\n' or '\r')
                {
                    NewLine();
                    breaks++;
                }
                else
                {
                    position++;
                }
            }

            if (AtEnd || Current is ',' or '[' or ']' or '{' or '}' or '#' or ':' || AtMarker("---") || AtMarker("..."))
            {
                return new(place, content.ToString(), isPlain: true);
            }

            if (Indent <= bracketIndent)
            {
                return new(place, content.ToString(), isPlain: true);
            }

            content.Append(breaks == 1 ? " " : new string('\n', breaks - 1));
        }
    }
}
