using System.Collections.Immutable;
using System.Text;

namespace Orrery.Interchange.Launch;

/// <summary>How a framework spells its arguments, and which of them bear on a plan: what reading them needs, whatever the plan is of.</summary>
public abstract class LaunchVocabulary
{
    /// <summary>Longest text of arguments that is read; a longer one is refused unread.</summary>
    public const int LongestText = 1 << 20;

    /// <summary>Word of <c>--launch</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Name and release whose documentation the arguments were taken from.</summary>
    public abstract string Release { get; }

    /// <summary>Keys that bear on a plan, spelt as the framework spells them.</summary>
    public abstract ImmutableArray<string> Keys { get; }

    /// <summary>Other spellings of some of them.</summary>
    public virtual ImmutableArray<(string Alias, string Key)> Aliases => [];

    /// <summary>Whether <c>key=value</c> is an argument; else such words are the shell's, and only keys known here count.</summary>
    public virtual bool TakesBareWords => false;

    /// <summary>How a key stands in text: <c>--seq-length</c>, <c>dtype=</c>.</summary>
    public abstract string Spell(string key);

    /// <summary>One command line broken over lines: <paramref name="command"/>, then an argument a line.</summary>
    protected static void FormatCommand(string command, IEnumerable<string> words, StringBuilder text)
    {
        text.Append(command);
        foreach (string word in words)
            text.Append(" \\\n  ").Append(word);
        text.Append('\n');
    }

    /// <summary>Arguments as nested YAML, keys with points opened into sections; neighbours share theirs.</summary>
    protected static void FormatYaml(IEnumerable<KeyValuePair<string, string>> arguments, StringBuilder text)
    {
        string[] open = [];
        foreach ((string key, string value) in arguments)
        {
            string[] parts = key.Split('.');
            int shared = 0;
            while (shared < parts.Length - 1 && shared < open.Length && parts[shared] == open[shared])
                shared++;
            for (int depth = shared; depth < parts.Length - 1; depth++)
                text.Append(' ', 2 * depth).Append(parts[depth]).Append(":\n");
            text.Append(' ', 2 * (parts.Length - 1)).Append(parts[^1]).Append(": ").Append(value).Append('\n');
            open = parts[..^1];
        }
    }

    /// <summary>The one of that word; null where there is none.</summary>
    internal static T? Find<T>(ImmutableArray<T> all, string name)
        where T : LaunchVocabulary
    {
        foreach (T framework in all)
        {
            if (string.Equals(framework.Name, name, StringComparison.OrdinalIgnoreCase))
                return framework;
        }

        return null;
    }

    /// <summary>The one most of whose keys are among <paramref name="settings"/>; null where none has any, or where two have equally many.</summary>
    internal static T? Detect<T>(ImmutableArray<T> all, IReadOnlyList<LaunchSetting> settings)
        where T : LaunchVocabulary
    {
        T? best = null;
        int most = 0;
        bool isTied = false;
        foreach (T framework in all)
        {
            int count = settings.Count(framework.Knows);
            isTied = count == most && count > 0 || (isTied && count < most);
            if (count > most)
            {
                (best, most, isTied) = (framework, count, false);
            }
        }

        return isTied ? null : best;
    }

    /// <summary>Whether the setting is one of <see cref="Keys"/>, in any spelling.</summary>
    internal bool Knows(LaunchSetting setting)
    {
        foreach (string key in Keys)
        {
            if (string.Equals(key.Replace('-', '_'), setting.Name, StringComparison.Ordinal))
                return true;
        }

        foreach ((string alias, _) in Aliases)
        {
            if (string.Equals(alias.Replace('-', '_'), setting.Name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>The settings with every alias under the key it stands for.</summary>
    internal ImmutableArray<LaunchSetting> Unaliased(ImmutableArray<LaunchSetting> settings)
    {
        if (Aliases.IsEmpty)
            return settings;
        ImmutableArray<LaunchSetting>.Builder mapped = ImmutableArray.CreateBuilder<LaunchSetting>(settings.Length);
        foreach (LaunchSetting setting in settings)
        {
            LaunchSetting one = setting;
            foreach ((string alias, string key) in Aliases)
            {
                if (string.Equals(alias.Replace('-', '_'), setting.Name, StringComparison.Ordinal))
                    one = new LaunchSetting(key, setting.Value, setting.Line, setting.Column) { IsBare = setting.IsBare, Rest = setting.Rest };
            }

            mapped.Add(one);
        }

        return mapped.ToImmutable();
    }
}
