using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Training;

namespace Orrery.Interchange.Launch;

/// <summary>
/// A training framework whose launch arguments we write and read. A new framework is one class here and one line in <see cref="All"/>; the flags,
/// the help, the tests and the detection go by that list.
/// </summary>
public abstract class LaunchFramework : LaunchVocabulary
{
    /// <summary>Every framework, in the order help lists them.</summary>
    public static ImmutableArray<LaunchFramework> All { get; } = [new MegatronLaunch(), new NxdLaunch(), new TorchtitanLaunch(), new MaxTextLaunch()];

    /// <summary>Of <see cref="PlanEntries.Options"/>, those that the framework has arguments for.</summary>
    public virtual ImmutableArray<string> Options => [];

    /// <summary>Whether the framework can be told parts of a layer to recompute.</summary>
    public virtual bool RecomputesModules => false;

    /// <summary>The framework of that word; null where there is none.</summary>
    public static LaunchFramework? Find(string name) => Find(All, name);

    /// <summary>
    /// The framework most of whose keys are among <paramref name="settings"/>; null where none has any, or where two have equally many.
    /// </summary>
    public static LaunchFramework? Detect(IReadOnlyList<LaunchSetting> settings) => Detect(All, settings);

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
    /// <param name="others">Arguments the framework has beside <see cref="LaunchVocabulary.Keys"/>; null where that is not known.</param>
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
}
