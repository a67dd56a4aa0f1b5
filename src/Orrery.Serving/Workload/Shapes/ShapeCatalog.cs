using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// Reads shapes of a workload, <c>word:key=value,key=value</c>. Numbers that are left out are those of <c>data/workloads/shapes.yaml</c>, which is read when
/// one is.
/// </summary>
public sealed class ShapeCatalog(string dataRoot)
{
    private const string FileName = "data/workloads/shapes.yaml";

    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed"];

    private Dictionary<string, double>? usual;
    private ImmutableArray<Diagnostic> problems = [];

    /// <summary>An arrival process; independent requests where nothing is asked for.</summary>
    public Result<Shaped<ArrivalProcess>> Arrivals(string? text, string flag) => Read(text ?? ArrivalProcesses.All[0].Name, "arrivals", ArrivalProcesses.All, flag);

    /// <summary>A spread of lengths; all alike where nothing is asked for.</summary>
    public Result<Shaped<LengthSpread>> Lengths(string? text, string flag) => Read(text ?? LengthSpreads.All[0].Name, "lengths", LengthSpreads.All, flag);

    /// <summary>How many turns conversations have; a bare number is as many in every one.</summary>
    public Result<Shaped<TurnCount>> Turns(string text, string flag) =>
        Read(IsBare(text) ? $"{TurnCount.All[0].Name}:{TurnCount.All[0].Parameters[0].Name}={text}" : text, "turns", TurnCount.All, flag);

    /// <summary>How long people think; a bare duration is the mean of exponential pauses.</summary>
    public Result<Shaped<ThinkTime>> Thinking(string? text, string flag) =>
        Read(text is not null && IsBare(text) ? $"{ThinkTime.All[0].Name}:{ThinkTime.All[0].Parameters[0].Name}={text}" : text ?? ThinkTime.All[0].Name, "thinking", ThinkTime.All, flag);

    private static bool IsBare(string text) => text.Length > 0 && (char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.');

    /// <summary>The usual value of a parameter; null with the file's diagnostics where it cannot be read.</summary>
    public double? Usual(string vocabulary, string word, string parameter)
    {
        usual ??= Load();
        return usual.TryGetValue(Key(vocabulary, word, parameter), out double value) ? value : null;
    }

    /// <summary>What is wrong with the file of usual values.</summary>
    public ImmutableArray<Diagnostic> Problems
    {
        get
        {
            usual ??= Load();
            return problems;
        }
    }

    private Result<Shaped<T>> Read<T>(string text, string vocabulary, ImmutableArray<ShapeKind<T>> kinds, string flag)
        where T : class
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string word = (colon < 0 ? text : text[..colon]).Trim();
        ShapeKind<T>? kind = null;
        foreach (ShapeKind<T> one in kinds)
        {
            if (string.Equals(one.Name, word, StringComparison.OrdinalIgnoreCase))
                kind = one;
        }

        if (kind is null)
            return Failed<T>(flag, $"found '{Quoted.Text(word)}'; {Suggestion.Of(word, [.. kinds.Select(static one => one.Name)])}");

        List<Diagnostic> wrong = [];
        double?[] given = new double?[kind.Parameters.Length];
        foreach (string part in colon < 0 ? [] : text[(colon + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            Take(part, kind, given, flag, wrong);
        ImmutableArray<double>.Builder values = ImmutableArray.CreateBuilder<double>(given.Length);
        List<string> said = [kind.Name];
        for (int place = 0; place < given.Length && wrong.Count == 0; place++)
        {
            ShapeParameter parameter = kind.Parameters[place];
            if ((given[place] ?? Usual(vocabulary, kind.Name, parameter.Name)) is not { } value)
                return new(null, problems);
            values.Add(value);
            said.Add($"{parameter.Name} {parameter.Written(value)}");
        }

        return wrong.Count > 0 ? new(null, [.. wrong]) : new(new Shaped<T>(kind.Make(values.MoveToImmutable()), string.Join(", ", said)), []);
    }

    private static void Take<T>(string part, ShapeKind<T> kind, double?[] given, string flag, List<Diagnostic> wrong)
        where T : class
    {
        int equals = part.IndexOf('=', StringComparison.Ordinal);
        string name = (equals < 0 ? part : part[..equals]).Trim();
        int place = -1;
        for (int one = 0; one < kind.Parameters.Length; one++)
        {
            if (string.Equals(kind.Parameters[one].Name, name, StringComparison.OrdinalIgnoreCase))
                place = one;
        }

        if (place < 0)
        {
            string expected = kind.Parameters.Length == 0 ? $"'{kind.Name}' takes no numbers" : Suggestion.Of(name, [.. kind.Parameters.Select(static one => one.Name)]);
            wrong.Add(Error(flag, $"found '{Quoted.Text(name)}' behind '{kind.Name}'; {expected}"));
            return;
        }

        ShapeParameter parameter = kind.Parameters[place];
        string text = equals < 0 ? "" : part[(equals + 1)..].Trim();
        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        if ((!isNumber && !Quantity.TryParse(text, parameter.Kind, out value, out _)) || !(value >= parameter.Low && value <= parameter.High))
            wrong.Add(Error(flag, $"'{parameter.Name}' of '{kind.Name}' is '{Quoted.Text(text)}'; expected {parameter.Meaning}, from {parameter.Written(parameter.Low)} to {parameter.Written(parameter.High)}"));
        else if (given[place] is not null)
            wrong.Add(Error(flag, $"'{parameter.Name}' of '{kind.Name}' is given twice"));
        else
            given[place] = value;
    }

    private Dictionary<string, double> Load()
    {
        Dictionary<string, double> values = new(StringComparer.Ordinal);
        DiagnosticList diagnostics = new(FileName);
        if (MappingReader.OfRoot(YamlReader.ReadFile(Path.Combine(dataRoot, "workloads", "shapes.yaml"), diagnostics), diagnostics) is { } top)
        {
            Take(top, "arrivals", ArrivalProcesses.All, values);
            Take(top, "lengths", LengthSpreads.All, values);
            Take(top, "turns", TurnCount.All, values);
            Take(top, "thinking", ThinkTime.All, values);
            top.Finish();
        }

        problems = diagnostics.InOrder();
        return diagnostics.HasErrors ? [] : values;
    }

    private static void Take<T>(MappingReader top, string vocabulary, ImmutableArray<ShapeKind<T>> kinds, Dictionary<string, double> values)
        where T : class
    {
        if (top.RequiredGroup(vocabulary, "words with their usual numbers") is not { } words)
            return;
        foreach (ShapeKind<T> kind in kinds)
        {
            if (kind.Parameters.Length == 0 || words.RequiredGroup(kind.Name, "its usual numbers") is not { } numbers)
                continue;
            foreach (ShapeParameter parameter in kind.Parameters)
            {
                if (numbers.RequiredGroup(parameter.Name, "{value, mark, note}") is not { } figure)
                    continue;
                values[Key(vocabulary, kind.Name, parameter.Name)] = figure.RequiredQuantity("value", parameter.Kind, parameter.Low, parameter.High);
                figure.Word("mark", MarkWords);
                figure.Text("source");
                figure.RequiredText("note", "why it is this value");
                figure.Finish();
            }

            numbers.Finish();
        }

        words.Finish();
    }

    private static string Key(string vocabulary, string word, string parameter) => $"{vocabulary}.{word}.{parameter}";

    private static Result<Shaped<T>> Failed<T>(string flag, string message)
        where T : class => new(null, [Error(flag, message)]);

    private static Diagnostic Error(string flag, string message) => new(Severity.Error, ServingCode.BadShape, flag, 0, 0, message);
}
