using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
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

    // The seven methods below differ in the unit only. They are written out because one generic method would be compiled anew for each unit at every
    // start of the program, with everything it calls; the common work is in Read, once.
    public Sourced<Bytes> Data(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.Data, low, high, name);
        Reading<Bytes>[] readings = new Reading<Bytes>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, new(raw.Values[index]), written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

    public Sourced<BytesPerSecond> DataRate(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.DataRate, low, high, name);
        Reading<BytesPerSecond>[] readings = new Reading<BytesPerSecond>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, new(raw.Values[index]), written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

    public Sourced<FlopPerSecond> WorkRate(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.WorkRate, low, high, name);
        Reading<FlopPerSecond>[] readings = new Reading<FlopPerSecond>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, new(raw.Values[index]), written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

    public Sourced<Hertz> Frequency(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.Frequency, low, high, name);
        Reading<Hertz>[] readings = new Reading<Hertz>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, new(raw.Values[index]), written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

    public Sourced<Seconds> Duration(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.Duration, low, high, name);
        Reading<Seconds>[] readings = new Reading<Seconds>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, new(raw.Values[index]), written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

    public Sourced<Watts> Power(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.Power, low, high, name);
        Reading<Watts>[] readings = new Reading<Watts>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, new(raw.Values[index]), written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

    public Sourced<double> Number(MappingReader group, string key, double low, double high, string? name = null)
    {
        RawFigure raw = Read(group, key, QuantityKind.Number, low, high, name);
        Reading<double>[] readings = new Reading<double>[raw.Values.Length];
        for (int index = 0; index < readings.Length; index++)
        {
            Reading<string> written = raw.Texts[index];
            readings[index] = new(written.Name, raw.Values[index], written.Mark, written.Source, written.Date, written.Note);
        }

        return new(raw.Key, ImmutableCollectionsMarshal.AsImmutableArray(readings), raw.Chosen);
    }

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

    /// <summary>Several numbers from one source: <c>{values: {a: 1, b: 2}, mark, source}</c>. Empty where absent.</summary>
    public List<TableEntry> Table(MappingReader group, string key, double low, double high)
    {
        if (group.Group(key) is not { } table)
        {
            return [];
        }

        List<TableEntry> values = [];
        StringBuilder text = new();
        if (table.RequiredGroup("values", "numbers by name") is { } numbers)
        {
            foreach (YamlEntry entry in numbers.Mapping.Entries)
            {
                double value = numbers.RequiredQuantity(entry.Key.Text, QuantityKind.Number, low, high);
                values.Add(new(entry.Key, value));
                text.Append(text.Length > 0 ? ", " : "").Append(entry.Key.Text).Append(' ').Append(Quantity.FormatNumber(value));
            }
        }

        Structure(table, KeyOf(group, key, null), text.ToString());
        table.Finish();
        return values;
    }

    /// <summary>Reads <c>mark</c>, <c>source</c>, <c>date</c>, <c>note</c> of a group that is itself the figure, and keeps <paramref name="text"/> as its value.</summary>
    public Reading<string> Structure(MappingReader group, string name, string text)
    {
        Reading<string> reading = Provenance(group, "", text);
        figures.Add(new(name, [reading], 0));
        return reading;
    }

    /// <summary>Mark, source, date and note of the group, around a value already read.</summary>
    public Reading<string> Provenance(MappingReader group, string name, string value)
    {
        Mark mark = (Mark)group.Word("mark", MarkWords);
        string source = group.RequiredText("source", $"one of {string.Join(", ", sources.Names)}");
        string date = CatalogDate.Read(group, "date", required: false);
        string note = group.Text("note");
        string full = source;
        if (source.Length > 0)
        {
            if (sources.TryFind(source, out SourceEntry? entry))
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

    /// <summary>The values and readings of one figure, before they get their unit.</summary>
    private RawFigure Read(MappingReader group, string key, QuantityKind kind, double low, double high, string? name)
    {
        string id = KeyOf(group, key, name);
        YamlNode? node = group.Node(key);
        List<Reading<string>> texts = [];
        double[] values = [];
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
                values = figure.Has("readings") ? ReadReadings(figure, kind, low, high, texts) : [ReadOne(figure, "", kind, low, high, texts)];
                figure.Finish();
                break;
            default:
                Diagnostics.Error(DiagnosticCode.WrongShape, node.Position, $"'{group.PathOf(key)}' must be a figure with value, mark and source; found {node.Noun}");
                break;
        }

        if (values.Length == 0)
        {
            return new(id, [low], [new("", "", Mark.Unknown, "", "", "")], 0);
        }

        int chosen = Choose(id, texts);
        figures.Add(new(id, [.. texts], chosen));
        return new(id, values, texts, chosen);
    }

    private double[] ReadReadings(MappingReader figure, QuantityKind kind, double low, double high, List<Reading<string>> texts)
    {
        ImmutableArray<MappingReader> groups = figure.Groups("readings");
        if (groups.IsEmpty)
        {
            Diagnostics.Error(DiagnosticCode.WrongShape, figure.Position, $"'{figure.Path}.readings' must list at least one reading");
        }

        double[] values = new double[groups.Length];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (int index = 0; index < groups.Length; index++)
        {
            MappingReader one = groups[index];
            string name = one.RequiredText("name", "a word for this reading");
            if (name.Length > 0 && !names.Add(name))
            {
                Diagnostics.Error(DiagnosticCode.DuplicateName, one.Position, $"'{figure.Path}' has two readings named '{name}'");
            }

            values[index] = ReadOne(one, name, kind, low, high, texts);
            one.Finish();
        }

        return values;
    }

    private double ReadOne(MappingReader figure, string name, QuantityKind kind, double low, double high, List<Reading<string>> texts)
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

        texts.Add(Provenance(figure, name, scalar?.Text.Trim() ?? ""));
        return value;
    }

    private int Choose(string id, List<Reading<string>> readings)
    {
        string? exact = assumptions.Exactly(id);
        string? wanted = exact ?? assumptions.ForAllOf(subject);
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
            foreach (Reading<string> reading in readings)
            {
                known.Add(reading.Name.Length > 0 ? reading.Name : "(only one, without a name)");
            }

            Diagnostics.AddRange([new(Severity.Error, DiagnosticCode.UnknownReading, AssumptionSet.File, 0, 0, $"'{id}' has no reading '{wanted}'; it has {string.Join(", ", known)}")]);
        }

        return 0;
    }

    /// <summary>One figure: its values in SI base units and, side by side with them, its readings as written.</summary>
    private sealed class RawFigure(string key, double[] values, List<Reading<string>> texts, int chosen)
    {
        public string Key { get; } = key;

        public double[] Values { get; } = values;

        public List<Reading<string>> Texts { get; } = texts;

        public int Chosen { get; } = chosen;
    }
}
