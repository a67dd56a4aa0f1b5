using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Catalog;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>
/// A serving framework whose arguments we write and read. A new framework is one class here, one line in <see cref="All"/> and a list of names in
/// <c>data/launch</c>; the flags, the help and the tests go by that list.
/// </summary>
public abstract class EngineFramework : LaunchVocabulary
{
    /// <summary>Every framework, in the order help lists them.</summary>
    public static ImmutableArray<EngineFramework> All { get; } = [new VllmLaunch(), new NxdiLaunch(), new TrtllmLaunch(), new SglangLaunch()];

    /// <summary>Serving stack of <c>data/serving</c> that predicts this engine.</summary>
    public virtual string Stack => Name;

    /// <summary>Words of a command that only this framework has.</summary>
    public abstract ImmutableArray<string> Marks { get; }

    /// <summary>Argument that names a YAML file of further ones; empty where there is none.</summary>
    public virtual string OptionsKey => "";

    /// <summary>Entries that it has arguments for in every case; others it states where a value allows, or never.</summary>
    public abstract ImmutableArray<string> Entries { get; }

    /// <summary>The framework of that word; null where there is none.</summary>
    public static EngineFramework? Find(string name) => Find(All, name);

    /// <summary>The framework whose mark stands in the text; of several the one whose mark says most. Null where none does.</summary>
    public static EngineFramework? Recognise(string text)
    {
        EngineFramework? found = null;
        int length = 0;
        foreach (EngineFramework framework in All)
        {
            foreach (string mark in framework.Marks)
            {
                if (mark.Length > length && text.Contains(mark, StringComparison.Ordinal))
                    (found, length) = (framework, mark.Length);
            }
        }

        return found;
    }

    /// <summary>The arguments of <paramref name="setup"/>, ready to paste; what they cannot say stands in comments and in <see cref="LaunchText.Gaps"/>.</summary>
    /// <param name="heading">Comment lines on top, without their <c>#</c>.</param>
    public LaunchText Write(EngineSetup setup, EngineJob job, IEnumerable<string> heading)
    {
        LaunchWriter writer = new();
        EngineSetup canonical = EngineEntries.Canonical(setup, job);
        Write(canonical, job, writer);
        AddGaps(canonical, job, writer);
        foreach (string way in setup.Unstated)
            writer.Gap(EngineEntries.Engine, way);
        writer.Remark($"{job.Model.Name}: the folder or the hub's name of the weights goes in its place");
        StringBuilder text = new();
        foreach (string line in heading)
            text.Append("# ").Append(line).Append('\n');
        Format(job.Model.Name, writer, text);
        foreach (string line in writer.Comments())
            text.Append(line).Append('\n');
        return new(Name, Release, text.ToString(), [.. writer.Arguments], [.. writer.Gaps], [.. writer.Remarks]);
    }

    /// <summary>The setup that <paramref name="settings"/> describe; what they leave open is the stack's own.</summary>
    /// <param name="file">What the diagnostics call the text.</param>
    /// <param name="others">Arguments the framework has beside <see cref="LaunchVocabulary.Keys"/>; null where that is not known.</param>
    public EngineReading Read(IReadOnlyList<LaunchSetting> settings, string file, EngineJob job, IReadOnlySet<string>? others)
    {
        LaunchArguments arguments = new(this, settings, file);
        EngineDraft draft = new(arguments, job);
        if (OptionsKey.Length > 0)
            arguments.Has(OptionsKey);
        Read(arguments, job, draft);
        arguments.ReportOthers(others);
        return draft.Finish(this);
    }

    /// <summary>NeuronCores a logical core joins, where the arguments say: it decides how many ranks a chip has, so it is read first.</summary>
    public virtual int? LogicalCoreOf(IReadOnlyList<LaunchSetting> settings) => null;

    /// <summary>States <paramref name="setup"/>, which is canonical, argument by argument.</summary>
    protected abstract void Write(EngineSetup setup, EngineJob job, LaunchWriter writer);

    /// <summary>Lays the arguments out as a person would write them, comments left out.</summary>
    protected abstract void Format(string model, LaunchWriter writer, StringBuilder text);

    /// <summary>Takes from <paramref name="arguments"/> what bears on the setup.</summary>
    protected abstract void Read(LaunchArguments arguments, EngineJob job, EngineDraft draft);

    /// <summary>
    /// Says how the replicas come about that one command does not start: further copies of it on the other ranks of the job. A job with idle ranks cannot
    /// be read back.
    /// </summary>
    /// <param name="ranks">Ranks that the arguments start.</param>
    protected static void WriteCopies(EngineSetup setup, EngineJob job, LaunchWriter writer, int ranks)
    {
        ServingPlan plan = setup.Plan;
        int used = plan.Replicas * plan.RanksPerReplica;
        if (used != job.Ranks)
            writer.Gap(EngineEntries.Replicas, string.Create(CultureInfo.InvariantCulture, $"that {plan.Replicas} replicas leave {job.Ranks - used} of {job.Ranks} ranks idle"));
        int copies = used / ranks;
        if (copies > 1)
        {
            if (setup.Router != job.Usual.Router)
                writer.Gap(EngineEntries.Router, $"router {setup.Router}; it is told to the program in front of the copies");
            writer.Remark(string.Create(
                CultureInfo.InvariantCulture,
                $"{copies} copies of the command make the plan, each on {ranks} ranks and a port of its own, behind a router that deals {setup.Router}"));
        }
    }

    /// <summary>A number of the whole replica where each of its engines is told its own part; a part that is not whole is a gap.</summary>
    protected static void AddPart(LaunchWriter writer, string key, string entry, int whole, int engines)
    {
        int part = (whole + engines - 1) / engines;
        writer.Add(key, part);
        if ((long)part * engines != whole)
            writer.Gap(entry, string.Create(CultureInfo.InvariantCulture, $"{entry} {whole} over {engines} engines; each takes {part}"));
    }

    /// <summary>
    /// Word by which the framework is told to quantise plain weights; empty where the weights run as published, null with gaps where it cannot be told.
    /// </summary>
    /// <param name="words">Formats it knows, the first word of each.</param>
    protected string? WriteFormats(EngineSetup setup, EngineJob job, LaunchWriter writer, ImmutableArray<(NumberFormat Format, string Word)> words)
    {
        ServingPlan plan = setup.Plan;
        ServingPlan published = job.Usual.Plan;
        bool isPublished = plan.Precision == published.Precision && (!job.HasExperts || plan.ExpertPrecision == published.ExpertPrecision);
        bool isOne = !job.HasExperts || plan.ExpertPrecision == plan.Precision;
        if (isPublished)
            return "";
        string? word = null;
        foreach ((NumberFormat format, string text) in words)
        {
            if (format == plan.Precision && word is null)
                word = text;
        }

        if (job.IsPublishedPlain && isOne && (word is not null || plan.Precision is NumberFormat.Bf16 or NumberFormat.Fp16))
            return word ?? "";
        string stands = job.IsPublishedPlain ? "the weights' own format stands in its place" : "the published weights are quantised already and run as they are";
        string needs = $"precision {plan.Precision.Text()}{(job.HasExperts ? $", experts {plan.ExpertPrecision.Text()}" : "")}; {stands}";
        writer.Gap(EngineEntries.Precision, needs);
        if (job.HasExperts)
            writer.Gap(EngineEntries.ExpertPrecision, needs);
        return null;
    }

    /// <summary>Formats from the word of a quantisation and that of plain numbers; weights that are published quantised run as they are.</summary>
    protected void ReadFormats(LaunchArguments arguments, EngineJob job, EngineDraft draft, string key, string? word, string? plain, ImmutableArray<(NumberFormat Format, string Word)> words)
    {
        ServingPlan published = job.Usual.Plan;
        NumberFormat? found = null;
        foreach ((NumberFormat format, string text) in words)
        {
            if (string.Equals(text, word, StringComparison.OrdinalIgnoreCase))
                found = format;
        }

        if (word is not null && found is null)
            arguments.Nearest(key, $"is {word}, which no format here is; the published weights' is taken");
        if (found is null && plain is "float16" or "half" or "fp16" && published.Precision == NumberFormat.Bf16)
            found = NumberFormat.Fp16;
        NumberFormat? chosen = job.IsPublishedPlain ? found : null;
        draft.StatePlan(EngineEntries.Precision, plan => plan with { Precision = chosen ?? published.Precision });
        draft.StatePlan(EngineEntries.ExpertPrecision, plan => plan with { ExpertPrecision = chosen ?? published.ExpertPrecision });
    }

    /// <summary>A number of tokens, <c>128k</c> (thousands) and <c>128K</c> (1,024) too.</summary>
    protected static int? Tokens(LaunchArguments arguments, string key)
    {
        if (arguments.Text(key) is not { Length: > 1 } text || text[^1] is not ('k' or 'K') || !double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double thousands))
            return arguments.Integer(key);
        double tokens = thousands * (text[^1] == 'K' ? 1024 : 1000);
        return tokens is >= 1 and < int.MaxValue ? (int)tokens : arguments.Integer(key);
    }

    /// <summary>A share as arguments state it: four digits.</summary>
    protected static string Share(double share) => share.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>What the setup has and the framework has no argument for is said, never dropped in silence; what is the stack's own needs none.</summary>
    private void AddGaps(EngineSetup setup, EngineJob job, LaunchWriter writer)
    {
        EngineSetup usual = EngineEntries.Canonical(job.Usual, job);
        foreach (string entry in EngineEntries.All)
        {
            string text = EngineEntries.Text(setup, entry);
            if (!Entries.Contains(entry) && text != EngineEntries.Text(usual, entry) && !writer.Gaps.Any(gap => gap.Entry == entry))
                writer.Gap(entry, $"{entry} {text}; {Release} has no argument for it that is known here");
        }
    }
}
