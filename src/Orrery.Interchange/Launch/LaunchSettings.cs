using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;

namespace Orrery.Interchange.Launch;

/// <summary>
/// Breaks launch arguments into settings, whatever they are written as: words of a shell command (<c>--key value</c>, <c>--key=value</c>,
/// <c>key=value</c>), a YAML file or the tables of a TOML file. Never throws, whatever the text.
/// </summary>
public static class LaunchSettings
{
    /// <summary>Settings that are read of one text; more are refused.</summary>
    public const int Most = 10_000;

    /// <summary>The settings of <paramref name="text"/> in order; mistakes of syntax go to <paramref name="problems"/>.</summary>
    public static ImmutableArray<LaunchSetting> Parse(string text, string file, ICollection<Diagnostic> problems) => Parse(text, file, problems, []);

    /// <summary>The same, where words of one dash are flags too.</summary>
    /// <param name="shorts">Those flags, without their dash: <c>tp</c>.</param>
    internal static ImmutableArray<LaunchSetting> Parse(string text, string file, ICollection<Diagnostic> problems, ImmutableArray<string> shorts)
    {
        List<LaunchSetting> settings = [];
        switch (FormOf(text))
        {
            case Form.Yaml:
                ReadYaml(text, file, settings, problems);
                break;
            case Form.Toml:
                ReadToml(text, settings);
                break;
            default:
                ReadWords(text, file, settings, problems, shorts);
                break;
        }

        if (settings.Count <= Most)
            return [.. settings];
        problems.Add(new(Severity.Error, LaunchCodes.Syntax, file, 0, 0, $"holds more than {Most} settings"));
        return [];
    }

    private enum Form : byte
    {
        Words,
        Yaml,
        Toml,
    }

    /// <summary>By the first line that says something: <c>[table]</c>, <c>key:</c> or <c>key = value</c>, else words.</summary>
    private static Form FormOf(string text)
    {
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line[0] == '[' && line.Contains(']'))
                return Form.Toml;
            int end = 0;
            while (end < line.Length && (char.IsAsciiLetterOrDigit(line[end]) || line[end] is '_' or '.' || (end > 0 && line[end] == '-')))
                end++;
            if (end == 0 || end == line.Length)
                return Form.Words;
            if (line[end] == ':' && (end + 1 == line.Length || line[end + 1] == ' '))
                return Form.Yaml;
            return line[end] == ' ' && line[end..].TrimStart().StartsWith('=') ? Form.Toml : Form.Words;
        }

        return Form.Words;
    }

    private static void ReadYaml(string text, string file, List<LaunchSetting> settings, ICollection<Diagnostic> problems)
    {
        DiagnosticList found = new(file);
        YamlNode? root = YamlReader.Read(Encoding.UTF8.GetBytes(text), found);
        foreach (Diagnostic one in found.InOrder())
            problems.Add(one);
        if (root is not null)
            Flatten("", root, settings);
    }

    /// <summary>A value that is JSON, which YAML holds, as settings of their own behind its key: <c>--additional-config '{"a": {"b": 1}}'</c> is <c>additional-config.a.b</c>.</summary>
    internal static void Unfold(LaunchSetting setting, string file, List<LaunchSetting> settings, ICollection<Diagnostic> problems)
    {
        DiagnosticList found = new(file);
        List<LaunchSetting> inside = [];
        if (YamlReader.Read(Encoding.UTF8.GetBytes(setting.Value + setting.Rest), found) is { } root)
            Flatten(setting.Key + ".", root, inside);
        if (found.HasErrors)
            problems.Add(new(Severity.Error, LaunchCodes.Syntax, file, setting.Line, setting.Column, $"the value of {setting.Key} is not JSON: {found.InOrder()[0].Message}"));
        foreach (LaunchSetting one in inside)
            settings.Add(new(one.Key, one.Value, setting.Line, setting.Column));
    }

    private static void Flatten(string prefix, YamlNode node, List<LaunchSetting> settings)
    {
        if (node is not YamlMapping mapping)
            return;
        foreach (YamlEntry entry in mapping.Entries)
        {
            string key = prefix + entry.Key.Text;
            if (entry.Value is YamlMapping inner)
                Flatten(key + ".", inner, settings);
            else
                settings.Add(new(key, YamlText(entry.Value), entry.Key.Position.Line, entry.Key.Position.Column));
        }
    }

    private static string YamlText(YamlNode value) => value switch
    {
        YamlScalar { IsNull: true } => "null",
        YamlScalar scalar => scalar.Text,
        YamlSequence sequence => string.Join(',', sequence.Items.OfType<YamlScalar>().Select(static item => item.Text)),
        _ => "",
    };

    /// <summary>Tables and single-line values: all that a job file uses for its parallelism.</summary>
    private static void ReadToml(string text, List<LaunchSetting> settings)
    {
        string table = "";
        int number = 0;
        foreach (ReadOnlySpan<char> raw in text.AsSpan().EnumerateLines())
        {
            number++;
            ReadOnlySpan<char> line = raw.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            int column = raw.Length - raw.TrimStart().Length + 1;
            if (line[0] == '[')
            {
                int close = line.IndexOf(']');
                table = close > 1 ? line[1..close].Trim('[').Trim().ToString() + "." : "";
                continue;
            }

            int equals = line.IndexOf('=');
            if (equals > 0)
                settings.Add(new(table + line[..equals].Trim().ToString(), TomlText(line[(equals + 1)..].Trim()), number, column));
        }
    }

    private static string TomlText(ReadOnlySpan<char> value)
    {
        if (value.Length == 0)
            return "";
        if (value[0] is '"' or '\'')
        {
            int close = value[1..].IndexOf(value[0]);
            return (close < 0 ? value[1..] : value[1..(close + 1)]).ToString();
        }

        int comment = value.IndexOf('#');
        value = (comment < 0 ? value : value[..comment]).Trim();
        if (value.Length > 1 && value[0] == '[')
        {
            string inside = value[1..].TrimEnd(']').ToString();
            return string.Join(',', inside.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(static item => item.Trim('"', '\'')));
        }

        return value.ToString();
    }

    private static void ReadWords(string text, string file, List<LaunchSetting> settings, ICollection<Diagnostic> problems, ImmutableArray<string> shorts)
    {
        LaunchWord? flag = null;
        bool isList = false;
        foreach (LaunchWord word in Words(text, file, problems))
        {
            string written = shorts.Length > 0 && word.Text.Length > 1 && word.Text[0] == '-' && shorts.Contains(word.Text[1..]) ? "-" + word.Text : word.Text;
            if (written == Break)
            {
                isList = false;
                Finish(flag, "", settings);
                flag = null;
                continue;
            }

            bool isFlag = written.StartsWith("--", StringComparison.Ordinal) && written.Length > 2;
            int equals = written.IndexOf('=', StringComparison.Ordinal);
            if (isFlag)
            {
                isList = false;
                Finish(flag, "", settings);
                flag = null;
                // "--seq-length 4096" may stand in one pair of quotes.
                int end = written.AsSpan().IndexOfAny('=', ' ');
                if (end > 2)
                    settings.Add(new(written[2..end], written[(end + 1)..].Trim(), word.Line, word.Column));
                else
                    flag = word with { Text = written };
            }
            else if (written.StartsWith("${", StringComparison.Ordinal) && written.Contains("[@]", StringComparison.Ordinal))
            {
                // A list of the script's own, written out elsewhere in it.
                isList = false;
                Finish(flag, "", settings);
                flag = null;
            }
            else if (flag is not null)
            {
                Finish(flag, written, settings);
                isList = true;
                flag = null;
            }
            else if (isList && equals < 0)
            {
                // A flag may take several words: the first is its value, the others stand with it.
                settings[^1] = settings[^1] with { Rest = settings[^1].Rest + " " + written };
            }
            else if (equals > 0 && written[0] != '-')
            {
                isList = false;
                settings.Add(new(written[..equals].TrimStart('+', '~').TrimEnd('+'), written[(equals + 1)..], word.Line, word.Column) { IsBare = true });
            }
        }

        Finish(flag, "", settings);
        for (int index = 0; index < settings.Count; index++)
            settings[index] = Resolve(settings[index], settings);
    }

    /// <summary>A value that is a variable of the script, <c>$NODES</c>, <c>${NODES}</c> or <c>${NODES:-1}</c>, becomes what the script sets it to, or its default.</summary>
    private static LaunchSetting Resolve(LaunchSetting setting, List<LaunchSetting> settings)
    {
        if (setting.Value.Length < 2 || setting.Value[0] != '$')
            return setting;
        (string name, string otherwise) = Variable(setting.Value);
        string? value = null;
        foreach (LaunchSetting other in settings)
        {
            if (other.IsBare && other.Key == name && other.Value.Length > 0)
                value = other.Value[0] == '$' ? Variable(other.Value).Otherwise : other.Value;
        }

        value = string.IsNullOrEmpty(value) ? otherwise : value;
        return value.Length > 0 ? setting with { Value = value } : setting;
    }

    /// <summary>Name of a variable and its default, empty where it has none.</summary>
    private static (string Name, string Otherwise) Variable(string text)
    {
        string name = text.TrimStart('$');
        if (name.Length < 2 || name[0] != '{' || name[^1] != '}')
            return (name, "");
        name = name[1..^1];
        int colon = name.IndexOf(":-", StringComparison.Ordinal);
        string otherwise = colon < 0 ? "" : name[(colon + 2)..];
        return (colon < 0 ? name : name[..colon], otherwise.StartsWith('$') ? "" : otherwise);
    }

    private static void Finish(LaunchWord? flag, string value, List<LaunchSetting> settings)
    {
        if (flag is { } word)
            settings.Add(new(word.Text[2..], value, word.Line, word.Column));
    }

    /// <summary>Stands where a list of a script begins or ends: no value of a flag reaches over it.</summary>
    private const string Break = "\n";

    private readonly record struct LaunchWord(string Text, int Line, int Column);

    /// <summary>Words as a shell splits them: quotes, backslashes, comments and continued lines.</summary>
    private static List<LaunchWord> Words(string text, string file, ICollection<Diagnostic> problems)
    {
        List<LaunchWord> words = [];
        StringBuilder word = new();
        (int line, int column) = (1, 1);
        (int startLine, int startColumn) = (0, 0);
        bool isInWord = false;
        char quote = '\0';
        (int quoteLine, int quoteColumn) = (0, 0);
        for (int index = 0; index < text.Length; index++)
        {
            char letter = text[index];
            bool isBreak = letter is ';' or '(' or ')';
            bool isEnd = isBreak || letter is ' ' or '\t' or '\r' or '\n';
            if (quote != '\0')
            {
                if (letter == quote)
                    quote = '\0';
                else
                    word.Append(letter);
            }
            else if (letter == '\\' && index + 1 < text.Length)
            {
                bool isContinued = text[index + 1] is '\n' or '\r';
                if (!isContinued)
                {
                    Begin();
                    word.Append(text[index + 1]);
                    index++;
                    column++;
                }
            }
            else if (letter == '#' && !isInWord)
            {
                while (index + 1 < text.Length && text[index + 1] != '\n')
                    index++;
            }
            else if (letter is '"' or '\'')
            {
                Begin();
                quote = letter;
                (quoteLine, quoteColumn) = (line, column);
            }
            else if (isEnd)
            {
                End();
                if (isBreak && words.Count <= 2 * Most)
                    words.Add(new(Break, line, column));
            }
            else
            {
                Begin();
                word.Append(letter);
            }

            (line, column) = letter == '\n' ? (line + 1, 1) : (line, column + 1);
        }

        if (quote != '\0')
            problems.Add(new(Severity.Error, LaunchCodes.Syntax, file, quoteLine, quoteColumn, $"the quote {quote} is never closed"));
        End();
        return words;

        void Begin()
        {
            if (!isInWord)
                (isInWord, startLine, startColumn) = (true, line, column);
        }

        void End()
        {
            if (isInWord && words.Count <= 2 * Most)
                words.Add(new(word.ToString(), startLine, startColumn));
            word.Clear();
            isInWord = false;
        }
    }
}
