using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;

namespace Orrery.Serving;

/// <content>Where the figures of a stack come from; read again when somebody asks.</content>
public sealed partial class ServingCatalog
{
    private const string ConstantsKey = "constants";
    private const string OnFamilyKey = "onFamily";

    /// <summary>The figures of a stack's file that are no constants, each with its mark, source and note.</summary>
    public ImmutableArray<Sourced<string>> FiguresOf(ServingStack stack)
    {
        ImmutableArray<Sourced<string>>.Builder figures = ImmutableArray.CreateBuilder<Sourced<string>>();
        if (RootOf(stack.Id) is not { } root)
            return [];
        foreach (YamlEntry entry in root.Entries)
        {
            if (entry.Value is YamlMapping figure && ReadingOf(figure, root) is { } reading)
                figures.Add(new Sourced<string>($"{stack.Id}.{entry.Key.Text}", [reading], 0));
        }

        return figures.ToImmutable();
    }

    /// <summary>The constants of a stack for a class of models on a chip, in file units, with what decided each: a fit, the stack's own file, or the vocabulary.</summary>
    public ImmutableArray<ConstantReading> ReadingsOf(ServingStack stack, string modelClass, ChipDescription chip)
    {
        CalibrationFit? fit = stack.FitFor(modelClass, chip);
        YamlMapping? root = RootOf(stack.Id);
        ImmutableArray<ConstantReading>.Builder readings = ImmutableArray.CreateBuilder<ConstantReading>();
        foreach (ConstantRange word in Vocabulary())
        {
            ConstantReading reading = new(word.Name, word.Default, word.Low, word.High, Mark.Assumed, "") { Unit = word.Unit };
            if (stack.Constants.TryGetValue(word.Name, out double own))
                reading = Own(reading, own, Inside(root, ConstantsKey, word.Name), root);
            if (stack.OnFamily.TryGetValue(chip.Family, out ImmutableSortedDictionary<string, double>? family) && family.TryGetValue(word.Name, out double ofFamily))
                reading = Own(reading, ofFamily, Inside(Inside(root, OnFamilyKey, chip.Family), word.Name), root);
            if (fit is not null && fit.Constants.TryGetValue(word.Name, out CalibratedConstant? fitted))
                reading = reading with { Value = fitted.Value, Mark = Mark.Calibrated, Source = SourceOf(fit) };
            readings.Add(reading);
        }

        return readings.ToImmutable();
    }

    private static string SourceOf(CalibrationFit fit)
    {
        string scope = fit.Scope.Length > 0 ? $"{fit.Operator} models on {fit.Scope}" : $"{fit.Operator} models";
        return string.Create(CultureInfo.InvariantCulture, $"fitted on {fit.RowsFitted} rows of {string.Join(", ", fit.Source)}: {scope}; median error {100 * fit.MedianError:0.0} %, mean {100 * fit.MeanError:0.0} %");
    }

    private static ConstantReading Own(ConstantReading reading, double value, YamlMapping? figure, YamlMapping? root)
    {
        Reading<string>? said = figure is null || root is null ? null : ReadingOf(figure, root);
        string source = said is null ? "" : said.Source.Length > 0 ? $"{said.Source}: {said.Note}" : said.Note;
        return reading with { Value = value, Mark = said?.Mark ?? Mark.Assumed, Source = source };
    }

    private YamlMapping? RootOf(string id) =>
        YamlReader.ReadFile(Path.Combine(dataRoot, "serving", id + Extension), new DiagnosticList(id)) as YamlMapping;

    private static YamlMapping? Inside(YamlMapping? mapping, params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            YamlMapping? next = null;
            foreach (YamlEntry entry in mapping?.Entries ?? [])
            {
                if (entry.Key.Text == key)
                    next = entry.Value as YamlMapping;
            }

            mapping = next;
        }

        return mapping;
    }

    private static string TextOf(YamlMapping? mapping, string key)
    {
        foreach (YamlEntry entry in mapping?.Entries ?? [])
        {
            if (entry.Key.Text == key && entry.Value is YamlScalar scalar)
                return scalar.Text;
        }

        return "";
    }

    /// <summary>A figure of the form <c>{value, mark, source, note}</c>, its source written out; null for anything else.</summary>
    private static Reading<string>? ReadingOf(YamlMapping figure, YamlMapping root)
    {
        string value = TextOf(figure, "value");
        int mark = MarkWords.IndexOf(TextOf(figure, "mark"));
        if (value.Length == 0 || mark < 0)
            return null;
        string source = TextOf(figure, "source");
        string whole = TextOf(Inside(root, "sources"), source);
        return new Reading<string>("", value, (Mark)mark, whole.Length > 0 ? whole : source, "", TextOf(figure, "note"));
    }
}
