using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Launch arguments as a person hands them in: the text itself or a file of it, after the framework's name and a colon or without.</summary>
/// <param name="Framework">Named, or recognised by its arguments.</param>
/// <param name="File">What diagnostics call the text: the file, or <c>--from-launch</c>.</param>
public sealed record LaunchInput(LaunchFramework Framework, ImmutableArray<LaunchSetting> Settings, string File)
{
    /// <summary>What diagnostics call text that was given on the command line.</summary>
    public const string Flag = "--from-launch";

    /// <summary>Reads <paramref name="argument"/>; null with the reasons in <paramref name="problems"/> where nothing can be made of it.</summary>
    public static LaunchInput? Open(string argument, ICollection<Diagnostic> problems) =>
        Open(argument, LaunchFramework.All, LaunchSettings.Parse, static _ => null, problems) is { } found ? new(found.Framework, found.Settings, found.File) : null;

    /// <summary>The same for any frameworks, whose texts <paramref name="parse"/> breaks into settings.</summary>
    /// <param name="recognise">Whose a text is by more than its keys; null where that cannot be told.</param>
    internal static (T Framework, ImmutableArray<LaunchSetting> Settings, string File)? Open<T>(
        string argument, ImmutableArray<T> all, Func<string, string, ICollection<Diagnostic>, ImmutableArray<LaunchSetting>> parse, Func<string, T?> recognise, ICollection<Diagnostic> problems)
        where T : LaunchVocabulary
    {
        T? named = null;
        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && LaunchVocabulary.Find(all, argument[..colon]) is { } found)
        {
            named = found;
            argument = argument[(colon + 1)..];
        }

        string file = Flag;
        if (argument.Length is > 0 and < 4096 && !argument.Contains('\n', StringComparison.Ordinal) && System.IO.File.Exists(argument))
        {
            file = argument;
            if (TextOf(file, problems) is not { } text)
                return null;
            argument = text;
        }

        if (argument.Length > LaunchVocabulary.LongestText)
        {
            problems.Add(new(Severity.Error, LaunchCodes.Syntax, file, 0, 0, $"is {argument.Length} characters long; at most {LaunchVocabulary.LongestText} are read"));
            return null;
        }

        int before = problems.Count;
        ImmutableArray<LaunchSetting> settings = parse(argument, file, problems);
        T? framework = named ?? recognise(argument) ?? LaunchVocabulary.Detect(all, settings);
        if (framework is not null)
            return (framework, settings, file);
        if (problems.Count == before)
            problems.Add(new(Severity.Error, LaunchCodes.NoFramework, file, 0, 0, NoFramework(settings, all)));
        return null;
    }

    private static string NoFramework<T>(ImmutableArray<LaunchSetting> settings, ImmutableArray<T> all)
        where T : LaunchVocabulary
    {
        string names = string.Join(", ", all.Select(static framework => framework.Name));
        if (settings.IsEmpty)
            return $"holds no argument of a framework, nor is it a file; expected those of {names}";
        string hint = "";
        foreach (LaunchSetting setting in settings)
        {
            foreach (T framework in all)
            {
                if (hint.Length == 0 && EditDistance.Nearest(setting.Key, framework.Keys) is { } near)
                    hint = $"; did you mean '{framework.Spell(near)}' of {framework.Name}?";
            }
        }

        return $"is not clearly of one framework; put its name before it: {names}, as in {all[0].Name}:\"...\"{hint}";
    }

    /// <summary>The text of a file; null with the reason where it cannot be read.</summary>
    internal static string? TextOf(string file, ICollection<Diagnostic> problems)
    {
        try
        {
            if (new FileInfo(file).Length <= LaunchVocabulary.LongestText)
                return System.IO.File.ReadAllText(file);
            problems.Add(new(Severity.Error, DiagnosticCode.FileTooLarge, file, 0, 0, $"at most {LaunchVocabulary.LongestText} bytes of launch arguments are read"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(new(Severity.Error, DiagnosticCode.FileUnreadable, file, 0, 0, "cannot be read"));
        }

        return null;
    }
}
