using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog.Loading;

/// <summary>
/// Reads the figures of one file: <c>{value, mark, source, date, note}</c>, or <c>{readings: [...]}</c> where sources disagree. Keeps each as it was
/// written, so that everything in the file can be shown with its source.
/// </summary>
internal sealed class FigureReader(string subject, MappingReader top, AssumptionSet assumptions)
{
    private static readonly ImmutableArray<string> MarkWords = ["stated", "reported", "derived", "calibrated", "assumed", "unknown"];

    private readonly SourceBook sources = SourceBook.Read(top);
    private readonly List<Sourced<string>> figures = [];
    private bool starTaken;

    /// <summary>Id of the chip, system or stack the figures belong to.</summary>
    public string Subject => subject;

    /// <summary>Every figure read so far, in the order read.</summary>
    public ImmutableArray<Sourced<string>> Figures => [.. figures];

    private DiagnosticList Diagnostics => top.Diagnostics;

    public Sourced<Bytes> Data(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.Data, low, high, name, static value => new Bytes(value));

    public Sourced<BytesPerSecond> DataRate(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.DataRate, low, high, name, static value => new BytesPerSecond(value));

    public Sourced<FlopPerSecond> WorkRate(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.WorkRate, low, high, name, static value => new FlopPerSecond(value));

    public Sourced<Hertz> Frequency(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.Frequency, low, high, name, static value => new Hertz(value));

    public Sourced<Seconds> Duration(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.Duration, low, high, name, static value => new Seconds(value));

    public Sourced<Watts> Power(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.Power, low, high, name, static value => new Watts(value));

    public Sourced<double> Number(MappingReader group, string key, double low, double high, string? name = null) =>
        Required(group, key, QuantityKind.Number, low, high, name, static value => value);

    /// <summary>A figure that may be absent.</summary>
    public Sourced<double>? OptionalNumber(MappingReader group, string key, double low, double high) =>
        group.Has(key) ? Number(group, key, low, high) : null;

    /// <summary>A sourced whole number; <paramref name="fallback"/> where absent (null: it must be there).</summary>
    public int Integer(MappingReader group, string key, int low, int high, int? fallback = null, string? name = null)
    {
        if (fallback is not null && !group.Has(key))
        {
            return fallback.Value;
        }

        Sourced<double> figure = Number(group, key, low, high, name);
        if (figure.Value != Math.Floor(figure.Value))
        {
            Diagnostics.Error(DiagnosticCode.BadInteger, group.Node(key)?.Position ?? group.Position, $"'{group.PathOf(key)}' is {figure.Value.ToString(CultureInfo.InvariantCulture)}; expected a whole number");
        }

        return (int)figure.Value;
    }

    /// <summary>Several numbers from one source: <c>{values: {a: 1, b: 2}, mark, source}</c>. Null where absent.</summary>
    public ImmutableArray<(YamlScalar Name, double Value)> Table(MappingReader group, string key, double low, double high)
    {
        if (group.Group(key) is not { } table)
        {
            return [];
        }

        ImmutableArray<(YamlScalar, double)>.Builder values = ImmutableArray.CreateBuilder<(YamlScalar, double)>();
        StringBuilder text = new();
        if (table.RequiredGroup("values", "numbers by name") is { } numbers)
        {
            foreach (YamlEntry entry in numbers.Mapping.Entries)
            {
                double value = numbers.RequiredQuantity(entry.Key.Text, QuantityKind.Number, low, high);
                values.Add((entry.Key, value));
                text.Append(text.Length > 0 ? ", " : "").Append(entry.Key.Text).Append(' ').Append(Quantity.FormatNumber(value));
            }
        }

        Structure(table, KeyOf(group, key, null), text.ToString());
        table.Finish();
        return values.ToImmutable();
    }

    /// <summary>Reads <c>mark</c>, <c>source</c>, <c>date</c>, <c>note</c> of a group that is itself the figure, and keeps <paramref name="text"/> as its value.</summary>
    public Reading<string> Structure(MappingReader group, string name, string text)
    {
        Reading<string> reading = Provenance(group, "", text);
        figures.Add(new(name, [reading], 0));
        return reading;
    }

    /// <summary>Mark, source, date and note of the group, around a value already read.</summary>
    public Reading<T> Provenance<T>(MappingReader group, string name, T value)
    {
        Mark mark = (Mark)group.Word("mark", MarkWords);
        string source = group.RequiredText("source", $"one of {string.Join(", ", sources.Names)}");
        string date = CatalogDate.Read(group, "date", required: false);
        string note = group.Text("note");
        string full = source;
        if (source.Length > 0)
        {
            if (sources.TryFind(source, out SourceEntry entry))
            {
                full = entry.Text;
                date = date.Length > 0 ? date : entry.Date;
            }
            else
            {
                Diagnostics.Error(DiagnosticCode.UnknownSource, group.Node("source")!.Position, $"'{source}' is not in this file's 'sources'; {Suggestion.Of(source, sources.Names)}");
            }
        }

        if (note.Length == 0 && (mark is Mark.Derived or Mark.Assumed || source == SourceBook.Ours) && group.Has("mark"))
        {
            Diagnostics.Error(DiagnosticCode.MissingNote, group.Position, $"'{group.Path}' is {MarkWords[(int)mark]} and needs a 'note' that says how or why");
        }

        return new(name, value, mark, full, date, note);
    }

    /// <summary>A file may say its own id; then it must be its name.</summary>
    public void CheckId()
    {
        if (top.Scalar("id") is { } id && id.Text != subject)
        {
            Diagnostics.Error(DiagnosticCode.WrongSubject, id.Position, $"the file says its id is '{id.Shortened}'; its name says '{subject}'");
        }
    }

    /// <summary>Reports keys nobody asked for and assumptions nobody took.</summary>
    public void Finish()
    {
        top.Finish();
        assumptions.Check(subject, figures, Diagnostics, starTaken);
    }

    private string KeyOf(MappingReader group, string key, string? name) => $"{subject}.{name ?? group.PathOf(key)}";

    private Sourced<T> Required<T>(MappingReader group, string key, QuantityKind kind, double low, double high, string? name, Func<double, T> make)
    {
        string id = KeyOf(group, key, name);
        YamlNode? node = group.Node(key);
        ImmutableArray<Reading<T>>.Builder readings = ImmutableArray.CreateBuilder<Reading<T>>();
        ImmutableArray<Reading<string>>.Builder texts = ImmutableArray.CreateBuilder<Reading<string>>();
        switch (node)
        {
            case null:
                group.Missing(key, $"a figure such as {{value: {Quantity.Example(kind)}, mark: stated, source: NAME}}");
                break;
            case YamlScalar scalar:
                Diagnostics.Error(
                    DiagnosticCode.FigureWithoutSource,
                    scalar.Position,
                    $"'{group.PathOf(key)}' has no source; write {{value: {scalar.Shortened}, mark: stated, source: NAME}}");
                break;
            case YamlMapping mapping:
                MappingReader figure = new(mapping, Diagnostics, group.PathOf(key));
                if (figure.Has("readings"))
                {
                    ReadReadings(figure, kind, low, high, readings, texts, make);
                }
                else
                {
                    ReadOne(figure, "", kind, low, high, readings, texts, make);
                }

                figure.Finish();
                break;
            default:
                Diagnostics.Error(DiagnosticCode.WrongShape, node.Position, $"'{group.PathOf(key)}' must be a figure with value, mark and source; found {node.Noun}");
                break;
        }

        if (readings.Count == 0)
        {
            readings.Add(new("", make(low), Mark.Unknown, "", "", ""));
            return new(id, readings.ToImmutable(), 0);
        }

        int chosen = Choose(id, readings);
        figures.Add(new(id, texts.ToImmutable(), chosen));
        return new(id, readings.ToImmutable(), chosen);
    }

    private void ReadReadings<T>(
        MappingReader figure,
        QuantityKind kind,
        double low,
        double high,
        ImmutableArray<Reading<T>>.Builder readings,
        ImmutableArray<Reading<string>>.Builder texts,
        Func<double, T> make)
    {
        ImmutableArray<MappingReader> groups = figure.Groups("readings");
        if (groups.IsEmpty)
        {
            Diagnostics.Error(DiagnosticCode.WrongShape, figure.Position, $"'{figure.Path}.readings' must list at least one reading");
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (MappingReader one in groups)
        {
            string name = one.RequiredText("name", "a word for this reading");
            if (name.Length > 0 && !names.Add(name))
            {
                Diagnostics.Error(DiagnosticCode.DuplicateName, one.Position, $"'{figure.Path}' has two readings named '{name}'");
            }

            ReadOne(one, name, kind, low, high, readings, texts, make);
            one.Finish();
        }
    }

    private void ReadOne<T>(
        MappingReader figure,
        string name,
        QuantityKind kind,
        double low,
        double high,
        ImmutableArray<Reading<T>>.Builder readings,
        ImmutableArray<Reading<string>>.Builder texts,
        Func<double, T> make)
    {
        YamlScalar? scalar = figure.Scalar("value");
        double value = low;
        if (scalar is not null)
        {
            // The message names the figure, not its key 'value'.
            value = figure.ReadQuantity(scalar, figure.Path, kind, low, high) ?? low;
        }
        else if (!figure.Has("value"))
        {
            figure.Missing("value", $"a quantity such as '{Quantity.Example(kind)}'");
        }
        else if (figure.Node("value") is null)
        {
            Diagnostics.Error(DiagnosticCode.EmptyText, figure.Position, $"'{figure.Path}' has an empty 'value'; expected a quantity such as '{Quantity.Example(kind)}'");
        }

        Reading<string> written = Provenance(figure, name, scalar?.Text.Trim() ?? "");
        texts.Add(written);
        readings.Add(new(name, make(value), written.Mark, written.Source, written.Date, written.Note));
    }

    private int Choose<T>(string id, ImmutableArray<Reading<T>>.Builder readings)
    {
        string? exact = assumptions.Exactly(id);
        string? star = assumptions.ForAllOf(subject);
        string? wanted = exact ?? star;
        if (wanted is null)
        {
            return 0;
        }

        for (int index = 0; index < readings.Count; index++)
        {
            if (readings[index].Name == wanted)
            {
                starTaken |= exact is null;
                return index;
            }
        }

        if (exact is not null)
        {
            List<string> known = [];
            foreach (Reading<T> reading in readings)
            {
                known.Add(reading.Name.Length > 0 ? reading.Name : "(only one, without a name)");
            }

            Diagnostics.AddRange([new(Severity.Error, DiagnosticCode.UnknownReading, AssumptionSet.File, 0, 0, $"'{id}' has no reading '{wanted}'; it has {string.Join(", ", known)}")]);
        }

        return 0;
    }
}
