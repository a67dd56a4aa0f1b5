using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// The communication library of a kind of chip: what a step costs it, and which algorithm it takes when. Read from
/// <c>data/fabric/FAMILY.yaml</c>, or <c>data/fabric/ARCHITECTURE.yaml</c> (<c>gpu</c>, <c>neuron</c>, <c>tpu</c>) where the family has none of its own.
/// </summary>
public sealed record CommunicationLibrary
{
    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed", "unknown"];

    public required string Name { get; init; }

    /// <summary>Start-up of any collective.</summary>
    public required Sourced<Seconds> Launch { get; init; }

    /// <summary>
    /// How far the levels of a hierarchical collective work at the same time: 1 where pieces stream through all of them, 0 where one ends before
    /// the next begins.
    /// </summary>
    public required Sourced<double> Streaming { get; init; }

    /// <summary>Whether an algorithm may treat all ranks of a scale-up domain as one group, whatever levels are inside.</summary>
    public required bool SpansLevels { get; init; }

    /// <summary>Formats that a reducing switch can add.</summary>
    public ImmutableArray<NumberFormat> SwitchAdds { get; init; } = [];

    /// <summary>Members of the smallest group that lets the switch reduce.</summary>
    public int SwitchFrom { get; init; } = 2;

    public required LibraryScope ScaleUp { get; init; }

    public required LibraryScope ScaleOut { get; init; }

    /// <summary>The library as it runs on a machine whose owner measured it.</summary>
    public CommunicationLibrary Under(CommunicationOverlay own)
    {
        ArgumentNullException.ThrowIfNull(own);
        ScopeOverlay? first = own.ScaleUp ?? own.ScaleOut;
        return first is null ? this : this with
        {
            Launch = LibraryScope.Scaled(Launch, first.Startup, own.FittedOn),
            ScaleUp = own.ScaleUp is { } inside ? ScaleUp.Under(inside, own.FittedOn) : ScaleUp,
            ScaleOut = own.ScaleOut is { } network ? ScaleOut.Under(network, own.FittedOn) : ScaleOut,
        };
    }

    /// <summary>The library for a chip, from the data folder.</summary>
    public static Result<CommunicationLibrary> Load(string dataRoot, ChipDescription chip)
    {
        string folder = Path.Combine(dataRoot, "fabric");
        string ofFamily = Path.Combine(folder, chip.Family + ".yaml");
        string name = File.Exists(ofFamily) ? chip.Family : Word(chip.Architecture);
        return Read(Path.Combine(folder, name + ".yaml"), $"data/fabric/{name}.yaml");
    }

    /// <summary>Reads one file; <paramref name="displayName"/> is what messages call it.</summary>
    public static Result<CommunicationLibrary> Read(string path, string? displayName = null)
    {
        DiagnosticList diagnostics = new(displayName ?? path);
        return Read(YamlReader.ReadFile(path, diagnostics), diagnostics);
    }

    /// <summary>Reads a text.</summary>
    public static Result<CommunicationLibrary> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    private static Result<CommunicationLibrary> Read(YamlNode? root, DiagnosticList diagnostics)
    {
        if (MappingReader.OfRoot(root, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        string name = top.RequiredText("name", "the name of a communication library");
        Sourced<Seconds> launch = Duration(top, "launch");
        Sourced<double> streaming = Number(top, "streaming", 0, 1);
        bool spans = top.Flag("spansLevels", fallback: false);
        ImmutableArray<NumberFormat> adds = Formats(top, "switchAdds");
        int from = top.Integer("switchFrom", 2, 1_000_000, 2);
        LibraryScope? up = Scope(top, "scaleUp");
        LibraryScope? away = Scope(top, "scaleOut");
        top.Finish();
        CommunicationLibrary? library = diagnostics.HasErrors || up is null || away is null
            ? null
            : new() { Name = name, Launch = launch, Streaming = streaming, SpansLevels = spans, SwitchAdds = adds, SwitchFrom = from, ScaleUp = up, ScaleOut = away };
        return new(library, diagnostics.InOrder());
    }

    private static ImmutableArray<NumberFormat> Formats(MappingReader top, string key)
    {
        ImmutableArray<NumberFormat>.Builder formats = ImmutableArray.CreateBuilder<NumberFormat>();
        foreach (YamlScalar word in top.Texts(key))
        {
            if (NumberFormats.TryParse(word.Text, out NumberFormat format))
            {
                formats.Add(format);
            }
            else
            {
                string[] known = [.. Enum.GetValues<NumberFormat>().Select(static f => f.Text())];
                top.Diagnostics.Error(DiagnosticCode.UnknownWord, word.Position, $"'{word.Shortened}' is no number format; {Suggestion.Of(word.Text, known)}");
            }
        }

        return formats.ToImmutable();
    }

    private static LibraryScope? Scope(MappingReader top, string key)
    {
        if (top.RequiredGroup(key, "step, perMessage, share, sigma, carriedSigma and choice") is not { } group)
            return null;
        LibraryScope scope = new()
        {
            Step = Duration(group, "step"),
            PerMessage = Duration(group, "perMessage"),
            Share = Number(group, "share", 0.01, 1),
            Sigma = Number(group, "sigma", 0, 3),
            CarriedSigma = Number(group, "carriedSigma", 1, 10),
            Choice = Choices(group),
        };
        group.Finish();
        return scope;
    }

    private static ImmutableArray<AlgorithmChoice> Choices(MappingReader scope)
    {
        ImmutableArray<MappingReader> lines = scope.Groups("choice");
        if (lines.IsEmpty)
            scope.Missing("choice", "a list of lines with 'algorithms' and perhaps 'below', 'upToRanks' and 'powersOfTwo'");
        ImmutableArray<AlgorithmChoice>.Builder choices = ImmutableArray.CreateBuilder<AlgorithmChoice>(lines.Length);
        foreach (MappingReader line in lines)
        {
            double below = line.Quantity("below", QuantityKind.Data, 1, 1e18) ?? double.PositiveInfinity;
            int ranks = line.Integer("upToRanks", 2, int.MaxValue, int.MaxValue);
            bool onlyPowers = line.Flag("powersOfTwo", fallback: false);
            ImmutableArray<CollectiveAlgorithm>.Builder algorithms = ImmutableArray.CreateBuilder<CollectiveAlgorithm>();
            foreach (YamlScalar word in line.Texts("algorithms"))
            {
                if (AlgorithmRegistry.Find(word.Text) is { } algorithm)
                {
                    algorithms.Add(algorithm);
                }
                else
                {
                    string[] known = [.. AlgorithmRegistry.All.Select(static a => a.Name)];
                    line.Diagnostics.Error(DiagnosticCode.UnknownWord, word.Position, $"'{word.Shortened}' is no collective algorithm; {Suggestion.Of(word.Text, known)}");
                }
            }

            if (algorithms.Count == 0 && !line.Diagnostics.HasErrors)
                line.Missing("algorithms", "a list of collective algorithms");
            line.Text("source");
            line.Text("note");
            line.Finish();
            choices.Add(new AlgorithmChoice(new Bytes(below), ranks, algorithms.ToImmutable(), onlyPowers));
        }

        return choices.ToImmutable();
    }

    private static Sourced<Seconds> Duration(MappingReader group, string key) => Figure(group, key, QuantityKind.Duration, 0, 1, static value => new Seconds(value));

    private static Sourced<double> Number(MappingReader group, string key, double low, double high) =>
        Figure(group, key, QuantityKind.Number, low, high, static value => value);

    private static Sourced<T> Figure<T>(MappingReader group, string key, QuantityKind kind, double low, double high, Func<double, T> make)
    {
        if (group.RequiredGroup(key, "{value, mark, source, note}") is not { } figure)
            return new(key, [new Reading<T>(key, make(low), Mark.Unknown, "", "", "")], 0);
        double value = figure.RequiredQuantity("value", kind, low, high);
        Mark mark = (Mark)figure.Word("mark", MarkWords);
        string source = figure.Text("source");
        string date = figure.Text("date");
        string note = figure.Text("note");
        if (source.Length == 0 && mark != Mark.Assumed)
            figure.Missing("source", "who says so");
        if (note.Length == 0 && mark is Mark.Assumed or Mark.Derived && note.Length == 0)
            figure.Missing("note", "how it was derived, or why it is assumed");
        figure.Finish();
        return new(group.PathOf(key), [new Reading<T>("", make(value), mark, source, date, note)], 0);
    }

    private static string Word(ChipArchitecture architecture) => architecture switch
    {
        ChipArchitecture.Gpu => "gpu",
        ChipArchitecture.Neuron => "neuron",
        ChipArchitecture.Tpu => "tpu",
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "no such architecture"),
    };
}
