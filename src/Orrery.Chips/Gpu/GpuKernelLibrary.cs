using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>
/// Finds the fitted constants of an operator on a chip: its own, else those of the nearest chip, else of the nearest format, else typical
/// values, each step with a wider spread and said in the provenance.
/// </summary>
/// <param name="vocabulary">What constants there are.</param>
/// <param name="calibrationOf">The calibration of a chip by id; null where it has none. Asked only for chips that are needed.</param>
/// <param name="chipOf">The description of a chip by id; null knows none, and then rates are carried as they are.</param>
public sealed class GpuKernelLibrary(OperatorVocabulary vocabulary, Func<string, CalibrationFile?> calibrationOf, Func<string, ChipDescription?>? chipOf = null)
{
    private readonly Func<string, CalibrationFile?> calibrationOf = calibrationOf;
    private readonly Dictionary<string, CalibrationFile?> read = new(StringComparer.Ordinal);

    public OperatorVocabulary Vocabulary { get; } = vocabulary;

    /// <summary>
    /// A library over a catalogue; calibrations are read when first needed and their complaints go to <paramref name="diagnostics"/>. Null, with the
    /// reasons, where the vocabulary cannot be read.
    /// </summary>
    public static GpuKernelLibrary? Open(DataCatalog catalog, ICollection<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(diagnostics);
        Result<OperatorVocabulary> vocabulary = OperatorVocabulary.Read(Path.Combine(catalog.DataRoot, "calibration", "operators.yaml"), "data/calibration/operators.yaml");
        foreach (Diagnostic diagnostic in vocabulary.Diagnostics)
            diagnostics.Add(diagnostic);
        if (vocabulary.Value is null)
            return null;
        return new GpuKernelLibrary(vocabulary.Value, chip =>
        {
            Result<CalibrationFile> file = catalog.Calibration(CalibrationKind.Chips, chip);
            lock (diagnostics)
            {
                foreach (Diagnostic diagnostic in file.Diagnostics)
                    diagnostics.Add(diagnostic);
            }

            return file.Value;
        }, id => catalog.Chip(id).Value);
    }

    /// <summary>The same library as it would be had nothing been fitted on these chips: what is near them stands in.</summary>
    public GpuKernelLibrary Without(ImmutableArray<string> chips) => new(Vocabulary, id => chips.Contains(id) ? null : calibrationOf(id), chipOf);

    /// <summary>
    /// Values of constants for a chip that borrows them, with the sustained share of the peak carried by what it lacks: what keeps matrix units waiting takes
    /// the same time of a multiprocessor, so with units that are slower than those of the source it is less of theirs,
    /// <c>1/rate = 1 + (1/rate of the source - 1) (peak / SM) / (peak / SM of the source)</c>; with faster ones the share stays.
    /// </summary>
    /// <param name="ratePlace">Place of the share among the values.</param>
    /// <param name="multiplied">The format whose peak it is a share of.</param>
    public ImmutableArray<double> Carried(ChipDescription chip, KernelConstants constants, int ratePlace, NumberFormat multiplied)
    {
        ArgumentNullException.ThrowIfNull(chip);
        ArgumentNullException.ThrowIfNull(constants);
        if (constants.Source.Length == 0 || constants.Source == chip.Id || chipOf?.Invoke(constants.Source) is not { } source)
            return constants.Values;
        double slower = GpuChipModel.PeakOf(chip, multiplied) / chip.Cores / (GpuChipModel.PeakOf(source, multiplied) / source.Cores);
        double rate = constants.Values[ratePlace];
        return slower < 1 && rate < 1 ? constants.Values.SetItem(ratePlace, 1 / (1 + (((1 / rate) - 1) * slower))) : constants.Values;
    }

    /// <summary>Whether constants of an operator and format were fitted on a chip itself.</summary>
    public bool IsFitted(string chip, string operatorName, string format) => Find(chip)?.Find(operatorName, format) is not null;

    /// <summary>The chip whose constants another takes first where it has none of its own; null where none is near.</summary>
    public string? NearestOf(ChipDescription chip)
    {
        ArgumentNullException.ThrowIfNull(chip);
        foreach (string near in Near(chip))
        {
            if (near != chip.Id && Find(near) is not null)
                return near;
        }

        return null;
    }

    /// <summary>Constants of an operator by its vocabulary, in <paramref name="format"/>.</summary>
    /// <param name="operatorName">Name in calibration files: <c>gemm</c>, <c>prefill</c>, <c>decode</c>, <c>elementwise</c> and its kinds.</param>
    /// <param name="places">The operator's constants in order.</param>
    public KernelConstants Resolve(ChipDescription chip, string operatorName, ImmutableArray<OperatorConstant> places, string format)
    {
        ArgumentNullException.ThrowIfNull(chip);
        ImmutableArray<string> formats = Vocabulary.NearestOf(format);
        ImmutableArray<string> chips = Near(chip);
        for (int f = -1; f < formats.Length; f++)
        {
            string candidate = f < 0 ? format : formats[f];
            for (int c = -1; c < chips.Length; c++)
            {
                string source = c < 0 ? chip.Id : chips[c];
                if ((c >= 0 && source == chip.Id) || Find(source) is not { } file || file.Find(operatorName, candidate) is not { } fit)
                    continue;
                if (Values(fit, places) is { } values)
                    return Known(chip, operatorName, format, source, candidate, isNear: c < 0 || IsSibling(chip, source), fit, values);
            }
        }

        ImmutableArray<double> typical = [.. places.Select(static place => place.Typical)];
        return new KernelConstants(typical, Vocabulary.TypicalSigma, [], false, false, "", $"{Named(operatorName, format)} on {chip.Id}: typical values, assumed; nothing of the kind is fitted");
    }

    private KernelConstants Known(
        ChipDescription chip, string operatorName, string format, string source, string candidate, bool isNear, CalibrationFit fit, ImmutableArray<double> values)
    {
        double added = 0;
        if (source != chip.Id)
            added += isNear ? Square(Vocabulary.ChipSigma) : Square(Vocabulary.FamilySigma);
        if (candidate != format)
            added += Square(Vocabulary.FormatSigma);
        string provenance = $"{Named(operatorName, format)} on {chip.Id}: {fit.Constants.Count} constants fitted on {fit.RowsFitted} rows of {string.Join(", ", fit.Source)}";
        if (source != chip.Id || candidate != format)
            provenance += $", borrowed from {Named(operatorName, candidate)} on {source}, spread widened";
        return new KernelConstants(
            values,
            Math.Sqrt(Square(fit.ResidualSigma) + added),
            [.. fit.ClassSigmas.Select(sigma => Math.Sqrt(Square(sigma) + added))],
            source == chip.Id && candidate == format,
            candidate == format,
            source,
            provenance);
    }

    /// <summary>The first chip listed for the chip's own id, and the first for its family, share its architecture.</summary>
    private bool IsSibling(ChipDescription chip, string source) => IsFirst(chip.Id, source) || IsFirst(chip.Family, source);

    private bool IsFirst(string key, string source) =>
        Vocabulary.NearestChips.TryGetValue(key, out ImmutableArray<string> near) && near.Length > 0 && near[0] == source;

    private ImmutableArray<string> Near(ChipDescription chip) => Vocabulary.NearestChips.TryGetValue(chip.Id, out ImmutableArray<string> byId)
        ? byId
        : Vocabulary.NearestChips.TryGetValue(chip.Family, out ImmutableArray<string> byFamily) ? byFamily : Vocabulary.NearestChips.GetValueOrDefault("other", []);

    private CalibrationFile? Find(string chip)
    {
        lock (read)
        {
            if (!read.TryGetValue(chip, out CalibrationFile? file))
                read[chip] = file = calibrationOf(chip);
            return file;
        }
    }

    /// <summary>Values in order; a constant the fit dropped stands at the end where it does nothing. Null where one is missing that cannot be.</summary>
    private static ImmutableArray<double>? Values(CalibrationFit fit, ImmutableArray<OperatorConstant> places)
    {
        ImmutableArray<double>.Builder values = ImmutableArray.CreateBuilder<double>(places.Length);
        foreach (OperatorConstant place in places)
        {
            if (fit.Constants.TryGetValue(place.Name, out CalibratedConstant? constant))
                values.Add(constant.Value);
            else if (place.Absent is { } absent)
                values.Add(absent);
            else
                return null;
        }

        return values.MoveToImmutable();
    }

    private static string Named(string operatorName, string format) => format.Length == 0 ? operatorName : operatorName + " " + format;

    private static double Square(double value) => value * value;
}
