using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>
/// Arguments as a framework reads them: by key, typed, each marked once taken. Where one is given twice the last counts, as in the frameworks, and a
/// warning says so. What nobody takes is reported at the end, so that nothing is dropped in silence.
/// </summary>
public sealed class LaunchArguments
{
    private const long Largest = 1L << 40;

    /// <summary>What <c>torchrun</c> takes beside the number of ranks.</summary>
    private static readonly string[] Launcher =
    [
        "node_rank", "master_addr", "master_port", "rdzv_backend", "rdzv_endpoint", "rdzv_id", "rdzv_conf", "standalone", "max_restarts", "monitor_interval",
        "start_method", "role", "module", "no_python", "run_path", "log_dir", "redirects", "tee", "local_ranks_filter", "local_addr",
    ];

    private readonly LaunchVocabulary framework;
    private readonly string file;
    private readonly List<LaunchSetting> inOrder = [];
    private readonly Dictionary<string, LaunchSetting> byName = new(StringComparer.Ordinal);
    private readonly HashSet<string> taken = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> diagnostics = [];

    public LaunchArguments(LaunchVocabulary framework, IReadOnlyList<LaunchSetting> settings, string file)
    {
        this.framework = framework;
        this.file = file;
        foreach (LaunchSetting setting in settings)
        {
            bool isKnown = framework.Knows(setting);
            if (setting.IsBare && !isKnown && !framework.TakesBareWords)
                continue;
            if (isKnown && byName.TryGetValue(setting.Name, out LaunchSetting? before) && before.Value != setting.Value)
                Say(Severity.Warning, LaunchCodes.Repeated, setting, $"is given as '{Short(before.Value)}' and as '{Short(setting.Value)}'; the last counts");
            byName[setting.Name] = setting;
            inOrder.Add(setting);
        }
    }

    /// <summary>Found so far, in the order found.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => diagnostics;

    /// <summary>True where the key was written, whatever its value.</summary>
    public bool Has(string key) => Take(key) is not null;

    /// <summary>A whole number of at least <paramref name="low"/>; null where the key is missing or its value is none.</summary>
    public int? Integer(string key, int low = 1)
    {
        if (Take(key) is not { } setting)
            return null;
        if (long.TryParse(setting.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= low && value <= int.MaxValue)
            return (int)value;
        Wrong(setting, $"a whole number from {low.ToString(CultureInfo.InvariantCulture)}");
        return null;
    }

    /// <summary>A positive number of tokens; larger than <see cref="Integer"/> takes.</summary>
    public long? Count(string key)
    {
        if (Take(key) is not { } setting)
            return null;
        if (long.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value is >= 1 and <= Largest)
            return value;
        Wrong(setting, "a positive whole number");
        return null;
    }

    /// <summary>A positive number; null where the key is missing or its value is none.</summary>
    /// <param name="allowsZero">0 is a value too.</param>
    public double? Number(string key, bool allowsZero = false)
    {
        if (Take(key) is not { } setting)
            return null;
        if (double.TryParse(setting.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value < Largest && (value > 0 || (allowsZero && value == 0)))
            return value;
        Wrong(setting, "a positive number");
        return null;
    }

    /// <summary>True or false; a key without a value is true. Null where the key is missing or its value is neither.</summary>
    public bool? Switch(string key)
    {
        if (Take(key) is not { } setting)
            return null;
        switch (setting.Value.ToLowerInvariant())
        {
            case "" or "true" or "1" or "on" or "yes":
                return true;
            case "false" or "0" or "off" or "no":
                return false;
            default:
                Wrong(setting, "true or false");
                return null;
        }
    }

    /// <summary>The place of the value among <paramref name="words"/>, capitals ignored; null where the key is missing or its value is none of them.</summary>
    public int? Word(string key, params ReadOnlySpan<string> words)
    {
        if (Take(key) is not { } setting)
            return null;
        for (int index = 0; index < words.Length; index++)
        {
            if (string.Equals(words[index], setting.Value, StringComparison.OrdinalIgnoreCase))
                return index;
        }

        string[] all = words.ToArray();
        Say(
            Severity.Error, LaunchCodes.WrongValue, setting,
            $"found '{Short(setting.Value)}'; expected one of {string.Join(", ", all.Where(static word => word.Length > 0))}{EditDistance.Hint(setting.Value, all)}");
        return null;
    }

    /// <summary>The value as written; null where the key is missing.</summary>
    public string? Text(string key) => Take(key)?.Value;

    /// <summary>All words of a list, whether they stand apart or with commas between them; none where it is left out.</summary>
    public string[] Words(string key) =>
        Take(key) is { } setting ? (setting.Value + setting.Rest).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries) : [];

    /// <summary>What is said contradicts itself; stands at the place of <paramref name="key"/> where that was written.</summary>
    public void Contradiction(string key, string message) => Say(Severity.Error, LaunchCodes.Contradiction, key, message);

    /// <summary>A flag of ours says otherwise, and counts.</summary>
    public void Overridden(string key, string message) => Say(Severity.Note, LaunchCodes.Overridden, key, message);

    /// <summary>The plan has no such thing; the nearest is taken.</summary>
    public void Nearest(string key, string message) => Say(Severity.Warning, LaunchCodes.NearestMeaning, key, message);

    /// <summary>Reports every argument that nothing took: those that do not bear on the plan in one note, those the framework does not have one by one.</summary>
    public void ReportOthers(IReadOnlySet<string>? others)
    {
        List<string> ignored = [];
        LaunchSetting? first = null;
        foreach (LaunchSetting setting in inOrder)
        {
            if (!taken.Add(setting.Name))
                continue;
            string key = framework.Spell(setting.Key);
            bool isOther = others is not null && (Launcher.Contains(setting.Name) || others.Contains(setting.Key) || others.Contains(setting.Name) || others.Contains(setting.Name.Replace('_', '-')));
            string? near = isOther ? null : EditDistance.Nearest(setting.Name, framework.Keys.Select(static known => known.Replace('-', '_')));
            if (near is not null)
            {
                string spelt = framework.Keys.First(known => known.Replace('-', '_') == near);
                Say(Severity.Error, LaunchCodes.UnknownArgument, setting, $"is no argument of {framework.Release}; did you mean '{framework.Spell(spelt)}'?");
            }
            else
            {
                first ??= setting;
                ignored.Add(isOther || others is null ? key : $"{key} (no argument of {framework.Release})");
            }
        }

        if (first is not null)
            diagnostics.Add(new(Severity.Note, LaunchCodes.Ignored, file, first.Line, first.Column, $"ignored, since they do not bear on the plan: {Short(string.Join(", ", ignored), 900)}"));
    }

    private LaunchSetting? Take(string key)
    {
        string name = key.Replace('-', '_');
        bool isFirst = taken.Add(name);
        LaunchSetting? setting = byName.GetValueOrDefault(name);
        if (setting is null || !setting.Value.StartsWith('$'))
            return setting;
        // A script's variable that the script does not set: the environment does, and nobody here knows to what.
        if (isFirst)
            Say(Severity.Warning, LaunchCodes.NearestMeaning, setting, $"is {Short(setting.Value)}, which is set elsewhere; it is left open");
        return null;
    }

    private void Wrong(LaunchSetting setting, string expected) =>
        Say(Severity.Error, LaunchCodes.WrongValue, setting, $"found '{Short(setting.Value)}'; expected {expected}");

    private void Say(Severity severity, string code, string key, string message)
    {
        LaunchSetting? setting = byName.GetValueOrDefault(key.Replace('-', '_'));
        if (setting is not null)
            Say(severity, code, setting, message);
        else
            diagnostics.Add(new(severity, code, file, 0, 0, $"{framework.Spell(key)} {message}"));
    }

    private void Say(Severity severity, string code, LaunchSetting setting, string message) =>
        diagnostics.Add(new(severity, code, file, setting.Line, setting.Column, $"{framework.Spell(Short(setting.Key))} {message}"));

    private static string Short(string text, int longest = 60)
    {
        string shown = text.Length <= longest ? text : text[..(longest - 3)] + "...";
        return string.Concat(shown.Select(static letter => char.IsControl(letter) ? '?' : letter));
    }
}
