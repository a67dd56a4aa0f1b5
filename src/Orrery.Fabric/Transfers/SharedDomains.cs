using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>The scale-up fabrics that systems of a data folder share, <c>data/domains</c>.</summary>
/// <param name="All">By name of file.</param>
public sealed record SharedDomains(ImmutableArray<SharedDomain> All)
{
    private const int MostChips = 100_000_000;

    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed", "unknown"];

    /// <summary>Reads every file; none where there is no folder.</summary>
    public static Result<SharedDomains> Load(string dataRoot)
    {
        string folder = Path.Combine(dataRoot, "domains");
        ImmutableArray<SharedDomain>.Builder domains = ImmutableArray.CreateBuilder<SharedDomain>();
        ImmutableArray<Diagnostic>.Builder problems = ImmutableArray.CreateBuilder<Diagnostic>();
        if (!Directory.Exists(folder))
            return new(new SharedDomains([]), []);
        string[] files = Directory.GetFiles(folder, "*.yaml");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            DiagnosticList diagnostics = new($"data/domains/{Path.GetFileName(file)}");
            if (Read(YamlReader.ReadFile(file, diagnostics), diagnostics) is { } domain)
                domains.Add(domain);
            problems.AddRange(diagnostics.InOrder());
        }

        ImmutableArray<Diagnostic> wrong = problems.ToImmutable();
        return new(wrong.Any(static one => one.Severity == Severity.Error) ? null : new SharedDomains(domains.ToImmutable()), wrong);
    }

    /// <summary>Reads a text.</summary>
    public static Result<SharedDomain> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return new(Read(YamlReader.Read(text, diagnostics), diagnostics), diagnostics.InOrder());
    }

    private static SharedDomain? Read(YamlNode? root, DiagnosticList diagnostics)
    {
        if (MappingReader.OfRoot(root, diagnostics) is not { } top)
            return null;
        string id = top.RequiredText("id", "the name of the file");
        string name = top.RequiredText("name", "the name people print");
        ImmutableArray<string> sources = Sources(top);
        Reading<double> chips = Figure(top, "chips", 2, MostChips, sources);
        Reading<double> mixed = Figure(top, "mixed", 0, 1, sources);
        ImmutableArray<SharedDomainMember>.Builder members = ImmutableArray.CreateBuilder<SharedDomainMember>();
        foreach (MappingReader one in top.Groups("members"))
        {
            members.Add(new SharedDomainMember(one.RequiredText("system", "the id of a system"), one.RequiredText("level", "the name of a level of the system")));
            Said(one, sources);
            one.Finish();
        }

        if (members.Count < 2)
            top.Missing("members", "two systems or more");
        top.Finish();
        return diagnostics.HasErrors
            ? null
            : new SharedDomain(id, name, (int)chips.Value, new(mixed.Name, mixed.Value > 0, mixed.Mark, mixed.Source, mixed.Date, mixed.Note), members.ToImmutable());
    }

    private static ImmutableArray<string> Sources(MappingReader top)
    {
        ImmutableArray<string>.Builder names = ImmutableArray.CreateBuilder<string>();
        names.Add("ours");
        if (top.Group("sources") is not { } group)
            return names.ToImmutable();
        foreach (YamlEntry entry in group.Mapping.Entries)
        {
            if (group.Group(entry.Key.Text) is not { } one)
                continue;
            one.RequiredText("where", "the address of a document");
            one.RequiredText("date", "the day it was read");
            one.Finish();
            names.Add(entry.Key.Text);
        }

        return names.ToImmutable();
    }

    private static Reading<double> Figure(MappingReader top, string key, double low, double high, ImmutableArray<string> sources)
    {
        if (top.RequiredGroup(key, "{value, mark, source, note}") is not { } figure)
            return new(key, low, Mark.Unknown, "", "", "");
        double value = figure.RequiredQuantity("value", QuantityKind.Number, low, high);
        (Mark mark, string source, string note) = Said(figure, sources);
        figure.Finish();
        return new(key, value, mark, source, "", note);
    }

    private static (Mark Mark, string Source, string Note) Said(MappingReader figure, ImmutableArray<string> sources)
    {
        var mark = (Mark)figure.Word("mark", MarkWords);
        string source = figure.RequiredText("source", "a name of 'sources'");
        string note = figure.Text("note");
        if (source.Length > 0 && !sources.Contains(source))
            figure.Diagnostics.Error(DiagnosticCode.UnknownName, figure.Position, $"'{source}' is no source; {Suggestion.Of(source, sources)}");
        if (note.Length == 0 && mark is Mark.Assumed or Mark.Derived && note.Length == 0)
            figure.Missing("note", "how it was derived, or why it is assumed");
        return (mark, source, note);
    }
}
