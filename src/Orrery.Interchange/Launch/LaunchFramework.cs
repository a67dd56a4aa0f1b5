using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Training;

namespace Orrery.Interchange.Launch;

/// <summary>
/// A training framework whose launch arguments we write and read. A new framework is one class here and one line in <see cref="All"/>; the flags,
/// the help, the tests and the detection go by that list.
/// </summary>
public abstract class LaunchFramework
{
    /// <summary>Longest text of arguments that is read; a longer one is refused unread.</summary>
    public const int LongestText = 1 << 20;

    /// <summary>Every framework, in the order help lists them.</summary>
    public static ImmutableArray<LaunchFramework> All { get; } = [new MegatronLaunch(), new NxdLaunch(), new TorchtitanLaunch(), new MaxTextLaunch()];

    /// <summary>Word of <c>--launch</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Name and release whose documentation the arguments were taken from.</summary>
    public abstract string Release { get; }

    /// <summary>Keys that bear on a plan, spelt as the framework spells them.</summary>
    public abstract ImmutableArray<string> Keys { get; }

    /// <summary>Of <see cref="PlanEntries.Options"/>, those that the framework has arguments for.</summary>
    public virtual ImmutableArray<string> Options => [];

    /// <summary>Whether the framework can be told parts of a layer to recompute.</summary>
    public virtual bool RecomputesModules => false;

    /// <summary>Whether <c>key=value</c> is an argument; else such words are the shell's, and only keys known here count.</summary>
    public virtual bool TakesBareWords => false;

    /// <summary>How a key stands in text: <c>--seq-length</c>, <c>dtype=</c>.</summary>
    public abstract string Spell(string key);

    /// <summary>The framework of that word; null where there is none.</summary>
    public static LaunchFramework? Find(string name)
    {
        foreach (LaunchFramework framework in All)
        {
            if (string.Equals(framework.Name, name, StringComparison.OrdinalIgnoreCase))
                return framework;
        }

        return null;
    }

    /// <summary>
    /// The framework most of whose keys are among <paramref name="settings"/>; null where none has any, or where two have equally many.
    /// </summary>
    public static LaunchFramework? Detect(IReadOnlyList<LaunchSetting> settings)
    {
        LaunchFramework? best = null;
        int most = 0;
        bool isTied = false;
        foreach (LaunchFramework framework in All)
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

    /// <summary>The arguments of <paramref name="plan"/>, ready to paste; what they cannot say stands in comments and in <see cref="LaunchText.Gaps"/>.</summary>
    /// <param name="heading">Comment lines on top, without their <c>#</c>.</param>
    public LaunchText Write(Plan plan, LaunchJob job, IEnumerable<string> heading)
    {
        LaunchWriter writer = new();
        Plan canonical = PlanEntries.Canonical(plan, job.HasExperts);
        Write(canonical, job, writer);
        AddGaps(canonical, writer);
        StringBuilder text = new();
        foreach (string line in heading)
            text.Append("# ").Append(line).Append('\n');
        Format(writer, text);
        foreach (string line in writer.Comments())
            text.Append(line).Append('\n');
        return new(Name, Release, text.ToString(), [.. writer.Arguments], [.. writer.Gaps], [.. writer.Remarks]);
    }

    /// <summary>The plan that <paramref name="settings"/> describe to this framework, its defaults filled in.</summary>
    /// <param name="file">What the diagnostics call the text.</param>
    /// <param name="others">Arguments the framework has beside <see cref="Keys"/>; null where that is not known.</param>
    public LaunchReading Read(IReadOnlyList<LaunchSetting> settings, string file, LaunchJob job, IReadOnlySet<string>? others)
    {
        LaunchArguments arguments = new(this, settings, file);
        LaunchPlan plan = new(arguments, job);
        foreach (string option in PlanEntries.Options)
            plan.State(option, static one => one);
        Read(arguments, job, plan);
        arguments.ReportOthers(others);
        return plan.Finish(this);
    }

    /// <summary>NeuronCores a logical core joins, where the arguments say: it decides how many ranks a chip has, so it is read first.</summary>
    public virtual int? LogicalCoreOf(IReadOnlyList<LaunchSetting> settings) => null;

    /// <summary>States <paramref name="plan"/>, which is canonical, argument by argument.</summary>
    protected abstract void Write(Plan plan, LaunchJob job, LaunchWriter writer);

    /// <summary>Lays the arguments out as a person would write them, comments left out.</summary>
    protected abstract void Format(LaunchWriter writer, StringBuilder text);

    /// <summary>Takes from <paramref name="arguments"/> what bears on the plan.</summary>
    protected abstract void Read(LaunchArguments arguments, LaunchJob job, LaunchPlan plan);

    /// <summary>One command line broken over lines: <paramref name="command"/>, then an argument a line.</summary>
    protected static void FormatCommand(string command, IEnumerable<string> words, StringBuilder text)
    {
        text.Append(command);
        foreach (string word in words)
            text.Append(" \\\n  ").Append(word);
        text.Append('\n');
    }

    /// <summary>A value as a shell takes it: in quotes where it holds what a shell acts on.</summary>
    protected static string Quoted(string value) =>
        value.Contains('|', StringComparison.Ordinal) || value.Contains('*', StringComparison.Ordinal) ? $"'{value}'" : value;

    /// <summary>The greatest number that divides both; a server that the job does not fill evenly runs fewer ranks.</summary>
    protected static long GreatestDivisor(long left, long right)
    {
        while (right != 0)
            (left, right) = (right, left % right);
        return left;
    }

    /// <summary>What the plan has and the framework has no argument for is said, never dropped in silence.</summary>
    private void AddGaps(Plan plan, LaunchWriter writer)
    {
        Plan plain = new();
        foreach (string option in PlanEntries.Options)
        {
            string text = PlanEntries.Text(plan, option);
            if (!Options.Contains(option) && text != PlanEntries.Text(plain, option))
                writer.Gap(option, $"{option} {text}; {Release} has no argument for it that is known here");
        }

        if (plan.Recompute == Recompute.Modules && !RecomputesModules)
            writer.Gap(PlanEntries.Recompute, $"recomputation {PlanEntries.Text(plan, PlanEntries.Recompute)}; {Release} recomputes nothing in its place");
    }

    /// <summary>Whether the setting is one of <see cref="Keys"/>.</summary>
    internal bool Knows(LaunchSetting setting)
    {
        foreach (string key in Keys)
        {
            if (string.Equals(key.Replace('-', '_'), setting.Name, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
