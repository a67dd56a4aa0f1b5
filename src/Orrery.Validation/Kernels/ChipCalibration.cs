using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Kernels;

/// <summary>Fits the operator constants of a GPU on a seeded share of published rows, one set for each operator and number format.</summary>
public static class ChipCalibration
{
    /// <summary>Diagnostic: the file holds no row of the chip that can be fitted.</summary>
    public const string NoRowsCode = "ORR2301";

    /// <summary>Diagnostic: a constant ended on a limit of its physical range.</summary>
    public const string AtLimitCode = "ORR2302";

    /// <summary>Name of the list of fitted rows of a chip.</summary>
    public static string RowsFileName(string chip) => chip + ".rows.gz";

    /// <summary>Fits everything that <paramref name="rows"/> hold for the chip. Deterministic.</summary>
    /// <param name="rows">Rows of any chip and kind; those of other chips are passed over.</param>
    /// <param name="progress">Called with a line for each fit done; may be null.</param>
    public static CalibrationResult Fit(
        ChipDescription chip,
        OperatorVocabulary vocabulary,
        KernelTables tables,
        IEnumerable<KernelCase> rows,
        CalibrationOptions options,
        Action<string>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(chip);
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(tables);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        SortedDictionary<(string Name, string Format), List<Row>> units = [];
        SortedDictionary<(string Name, string Format), List<Row>> ofSisters = [];
        HashSet<string> groups = new(StringComparer.Ordinal);
        foreach (KernelCase row in rows)
        {
            groups.Add(row.Origin.Group);
            ChipDescription? measuredOn = IsChip(chip, row.Chip) ? chip : Find(options.Sisters, row.Chip);
            if (measuredOn is null
                || !row.Origin.IsExpressible
                || row.TimeUs is not { } time
                || !tables.TryRead(row, out Operator work, out _)
                || !tables.IsFitted(row, work, out _, out _))
            {
                continue;
            }

            string name = OperatorVocabulary.NameOf(work);
            GpuModelOptions around = tables.OptionsOf(row);
            var read = new Row(row.Origin.Id, row.Origin.Group, work, time * 1e-6, Draw(row.Origin.Id, options.Seed), around, measuredOn);
            Add(measuredOn == chip ? units : ofSisters, (name, vocabulary.FormatOf(work, chip.Family, around.Library)), read);
            // What a layer's mixture of element-wise kernels gets is fitted on all of them but the fetches.
            if (measuredOn == chip && work.Kind is OperatorKind.Norm or OperatorKind.Rotary or OperatorKind.Activation or OperatorKind.ResidualAdd)
                Add(units, (OperatorVocabulary.ElementwiseName, ""), read);
        }

        ImmutableArray<CalibrationFit>.Builder fits = ImmutableArray.CreateBuilder<CalibrationFit>();
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        SortedSet<string> ids = new(StringComparer.Ordinal);
        foreach (((string name, string format), List<Row> all) in units)
        {
            List<Row> chosen = Choose(all, Declared(vocabulary, name, groups), options);
            if (chosen.Count < options.RowsAlone && ofSisters.TryGetValue((name, format), out List<Row>? more))
                chosen = Choose([.. all, .. more], Declared(vocabulary, name, groups), options);
            if (chosen.Count < options.FewestRows)
                continue;
            bool isFitted = options.Only.IsEmpty || options.Only.Contains(name);
            if ((isFitted ? FitUnit(chip, vocabulary, name, format, chosen, options) : options.Before?.Find(name, format)) is not { } fit)
                continue;
            fits.Add(fit);
            foreach (Row row in chosen)
                ids.Add(row.Id);
            if (!isFitted)
                continue;
            if (fit.IsAtLimit)
                diagnostics.Add(new Diagnostic(Severity.Warning, AtLimitCode, $"{chip.Id} {name} {format}".TrimEnd(), 0, 0, fit.Note));
            progress?.Invoke(System.FormattableString.Invariant(
                $"{chip.Id} {name} {format}: {fit.Constants.Count} constants on {fit.RowsFitted} rows, median {100 * fit.MedianError:0.0} %, mean {100 * fit.MeanError:0.0} %"));
        }

        if (fits.Count == 0)
            diagnostics.Add(new Diagnostic(Severity.Error, NoRowsCode, chip.Id, 0, 0, $"no row of {string.Join(", ", chip.Aliases)} can be fitted; names are matched with the chip's id, name and aliases"));
        CalibrationFile file = new() { Subject = chip.Id, Kind = CalibrationKind.Chips, Date = options.Date, Fits = fits.ToImmutable() };
        return new CalibrationResult(file, [.. ids], diagnostics.ToImmutable());
    }

    /// <summary>True where a case file means this chip by a name.</summary>
    public static bool IsChip(ChipDescription chip, string name)
    {
        ArgumentNullException.ThrowIfNull(chip);
        if (string.Equals(name, chip.Id, StringComparison.OrdinalIgnoreCase) || string.Equals(name, chip.Name, StringComparison.OrdinalIgnoreCase))
            return true;
        foreach (string alias in chip.Aliases)
        {
            if (string.Equals(name, alias, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>A number in [0, 1) that depends on the id and the seed alone, so a row's lot never depends on its neighbours.</summary>
    public static double Draw(string id, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(id);
        ulong hash = 14695981039346656037UL ^ (seed * 0x9E3779B97F4A7C15UL);
        foreach (char letter in id)
            hash = (hash ^ letter) * 1099511628211UL;
        return new Fitting.SplitMix64(hash).NextUnit();
    }

    /// <summary>The groups an operator is fitted on; all there are where the file holds none of those declared.</summary>
    private static HashSet<string> Declared(OperatorVocabulary vocabulary, string name, HashSet<string> present)
    {
        HashSet<string> declared = new(vocabulary.FittedOn.GetValueOrDefault(name, []), StringComparer.Ordinal);
        declared.IntersectWith(present);
        return declared.Count > 0 ? declared : present;
    }

    private static List<Row> Choose(List<Row> all, HashSet<string> groups, CalibrationOptions options)
    {
        List<Row> chosen = all.FindAll(row => groups.Contains(row.Group) && row.Lot < options.FittedShare);
        chosen.Sort(static (left, right) =>
        {
            int byLot = left.Lot.CompareTo(right.Lot);
            return byLot != 0 ? byLot : string.CompareOrdinal(left.Id, right.Id);
        });
        if (chosen.Count > options.MostRows)
            chosen.RemoveRange(options.MostRows, chosen.Count - options.MostRows);
        return chosen;
    }

    private static CalibrationFit FitUnit(
        ChipDescription chip, OperatorVocabulary vocabulary, string name, string format, List<Row> chosen, CalibrationOptions options)
    {
        bool isMixture = name == OperatorVocabulary.ElementwiseName;
        var work = new Operator[chosen.Count];
        var measured = new double[chosen.Count];
        SortedSet<string> source = new(StringComparer.Ordinal);
        SortedDictionary<OperatorKind, int> kinds = [];
        for (int i = 0; i < chosen.Count; i++)
        {
            kinds[chosen[i].Work.Kind] = kinds.GetValueOrDefault(chosen[i].Work.Kind) + 1;
            work[i] = isMixture ? chosen[i].Work with { Kind = OperatorKind.Elementwise } : chosen[i].Work;
            measured[i] = chosen[i].Measured;
            source.Add(chosen[i].Group);
        }

        // Each kind of a mixture counts the same, however many rows it has.
        double[] weights = isMixture ? [.. chosen.Select(row => (double)chosen.Count / (kinds.Count * kinds[row.Work.Kind]))] : [];
        // Rows of one library were measured alike; tables of kernels bounded by memory know no surroundings.
        GpuModelOptions around = chosen[0].Around.Library.Length > 0 ? chosen[0].Around : GpuModelOptions.Benchmark;
        KernelFit fit = new(chip, vocabulary, name, format, work, measured, weights, options.Seed) 
        {
            Options = around,
            Chips = [.. chosen.Select(static row => row.Chip)],
        };
        CalibrationFit made = fit.Run([.. source]) with { RowsFile = RowsFileName(chip.Id) };
        int joined = chosen.Count(row => row.Chip != chip);
        return joined == 0 ? made : made with { Note = string.Join("; ", new[] { System.FormattableString.Invariant($"{joined} of the rows are of {string.Join(", ", options.Sisters.Select(static sister => sister.Id))}"), made.Note }.Where(static part => part.Length > 0)) };
    }

    private static ChipDescription? Find(ImmutableArray<ChipDescription> chips, string name)
    {
        foreach (ChipDescription chip in chips)
        {
            if (IsChip(chip, name))
                return chip;
        }

        return null;
    }

    private static void Add(SortedDictionary<(string Name, string Format), List<Row>> units, (string Name, string Format) key, Row row)
    {
        if (!units.TryGetValue(key, out List<Row>? rows))
            units[key] = rows = [];
        rows.Add(row);
    }

    private readonly record struct Row(string Id, string Group, Operator Work, double Measured, double Lot, GpuModelOptions Around, ChipDescription Chip);
}
