using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;

namespace Orrery.Interchange.Launch;

/// <summary>Engine arguments as a person hands them in: the text itself or a file of it, after the framework's name and a colon or without.</summary>
/// <param name="Framework">Named, or recognised by its launcher or its arguments.</param>
/// <param name="File">What diagnostics call the text: the file, or <c>--from-launch</c>.</param>
public sealed record EngineInput(EngineFramework Framework, ImmutableArray<LaunchSetting> Settings, string File)
{
    /// <summary>Flags of one dash.</summary>
    private static readonly ImmutableArray<string> Shorts = ["tp", "pp", "dp", "q"];

    /// <summary>Reads <paramref name="argument"/>; null with the reasons in <paramref name="problems"/> where nothing can be made of it.</summary>
    public static EngineInput? Open(string argument, ICollection<Diagnostic> problems)
    {
        if (LaunchInput.Open(argument, EngineFramework.All, Parse, EngineFramework.Recognise, problems) is not { } found)
            return null;
        ImmutableArray<LaunchSetting> settings = found.Framework.Unaliased(found.Settings);
        return new(found.Framework, [.. settings, .. Options(found.Framework, settings, found.File, problems)], found.File);
    }

    /// <summary>
    /// The settings of a script: its words, then the YAML it writes beside them in here-documents, which overrules them; JSON values are opened into
    /// settings of their own.
    /// </summary>
    private static ImmutableArray<LaunchSetting> Parse(string text, string file, ICollection<Diagnostic> problems)
    {
        StringBuilder words = new();
        List<string> documents = [];
        StringBuilder? document = null;
        string end = "";
        int number = 0;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (document is not null)
            {
                if (line.Trim().SequenceEqual(end))
                {
                    documents.Add(document.ToString());
                    document = null;
                }
                else
                {
                    document.Append(line).Append('\n');
                }
            }
            else if (HereDocument(line) is { Length: > 0 } mark)
            {
                end = mark;
                // Empty lines above keep the places that diagnostics name.
                document = new StringBuilder().Append('\n', number + 1);
            }
            else
            {
                words.Append(line);
            }

            words.Append('\n');
            number++;
        }

        if (document is not null)
            documents.Add(document.ToString());
        List<LaunchSetting> settings = [];
        foreach (LaunchSetting setting in LaunchSettings.Parse(words.ToString(), file, problems, Shorts))
        {
            if (setting.Value.StartsWith('{'))
                LaunchSettings.Unfold(setting, file, settings, problems);
            else
                settings.Add(setting);
        }

        foreach (string one in documents)
            settings.AddRange(LaunchSettings.Parse(one, file, problems, Shorts));
        return [.. settings];
    }

    /// <summary>The word that ends a here-document which begins on this line; empty where none does.</summary>
    private static string HereDocument(ReadOnlySpan<char> line)
    {
        int at = line.IndexOf("<<");
        if (at < 0)
            return "";
        ReadOnlySpan<char> rest = line[(at + 2)..].TrimStart("-< ").TrimStart("'\"");
        int length = 0;
        while (length < rest.Length && (char.IsAsciiLetterOrDigit(rest[length]) || rest[length] == '_'))
            length++;
        return rest[..length].ToString();
    }

    /// <summary>What a file of options holds that the arguments name, where it lies beside them or here.</summary>
    private static ImmutableArray<LaunchSetting> Options(EngineFramework framework, ImmutableArray<LaunchSetting> settings, string file, ICollection<Diagnostic> problems)
    {
        foreach (LaunchSetting setting in settings)
        {
            if (setting.Key != framework.OptionsKey || setting.Value.Length == 0)
                continue;
            string? folder = file == LaunchInput.Flag ? null : Path.GetDirectoryName(file);
            string path = folder is null || Path.IsPathRooted(setting.Value) ? setting.Value : Path.Combine(folder, setting.Value);
            if (!System.IO.File.Exists(path))
                continue;
            if (LaunchInput.TextOf(path, problems) is { } text)
                return framework.Unaliased(LaunchSettings.Parse(text, path, problems));
        }

        return [];
    }
}
