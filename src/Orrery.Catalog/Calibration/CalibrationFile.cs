using System.Collections.Immutable;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>
/// Fitted constants of one chip, system or stack: <c>data/calibration/KIND/SUBJECT.yaml</c>. Written by <c>orrery calibrate</c>, read by whatever predicts.
/// </summary>
public sealed partial record CalibrationFile
{
    /// <summary>Id of the chip, system or stack.</summary>
    public required string Subject { get; init; }

    public required CalibrationKind Kind { get; init; }

    /// <summary>Day of the fit, <c>2026-11-20</c>; empty where nothing was fitted.</summary>
    public required string Date { get; init; }

    public required ImmutableArray<CalibrationFit> Fits { get; init; }

    /// <summary>A file with no fits: what stands for a subject that was never calibrated.</summary>
    public static CalibrationFile None(CalibrationKind kind, string subject) => new() { Subject = subject, Kind = kind, Date = "", Fits = [] };

    /// <summary>The fit of this operator and format; null where there is none. Linear in the number of fits: keep the answer.</summary>
    public CalibrationFit? Find(string operatorName, string format = "", string scope = "")
    {
        foreach (CalibrationFit fit in Fits)
        {
            if (fit.Operator == operatorName && fit.Format == format && fit.Scope == scope)
            {
                return fit;
            }
        }

        return null;
    }

    /// <summary>Reads a file from disk.</summary>
    public static Result<CalibrationFile> Read(string path, string? displayName = null)
    {
        DiagnosticList diagnostics = new(displayName ?? path);
        return Read(YamlReader.ReadFile(path, diagnostics), diagnostics);
    }

    /// <summary>Reads a text, for tests and standard input.</summary>
    public static Result<CalibrationFile> Parse(string text, string displayName)
    {
        DiagnosticList diagnostics = new(displayName);
        return Read(YamlReader.Read(text, diagnostics), diagnostics);
    }

    internal static Result<CalibrationFile> Read(YamlNode? root, DiagnosticList diagnostics)
    {
        MappingReader? top = MappingReader.OfRoot(root, diagnostics);
        if (top is null)
        {
            return new(null, diagnostics.InOrder());
        }

        string subject = top.RequiredText("subject", "the id of a chip, system or stack");
        CalibrationKind kind = (CalibrationKind)top.Word("kind", KindWords);
        string date = CatalogDate.Read(top, "date", required: true);
        ImmutableArray<CalibrationFit>.Builder fits = ImmutableArray.CreateBuilder<CalibrationFit>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (MappingReader group in top.Groups("fits"))
        {
            CalibrationFit fit = ReadFit(group);
            if (!seen.Add($"{fit.Operator}\n{fit.Format}\n{fit.Scope}"))
            {
                diagnostics.Error(DiagnosticCode.DuplicateName, group.Position, $"'{fit.Operator}' in format '{fit.Format}' for '{fit.Scope}' is fitted twice");
            }

            fits.Add(fit);
        }

        top.Finish();
        CalibrationFile? file = diagnostics.HasErrors ? null : new() { Subject = subject, Kind = kind, Date = date, Fits = fits.ToImmutable() };
        return new(file, diagnostics.InOrder());
    }

    private static CalibrationFit ReadFit(MappingReader group)
    {
        CalibrationFit fit = new()
        {
            Operator = group.RequiredText("operator", "the operator or collective"),
            Format = group.Text("format"),
            Scope = group.Text("scope"),
            Source = group.Words("source"),
            Constants = ReadConstants(group),
            ResidualSigma = group.Quantity("residualSigma", QuantityKind.Number, 0, 100) ?? 0,
            FirstTokenSigma = group.Quantity("firstTokenSigma", QuantityKind.Number, 0, 100) ?? 0,
            ClassSigmas = [.. group.Texts("classSigmas").Select(scalar => group.ReadQuantity(scalar, group.PathOf("classSigmas"), QuantityKind.Number, 0, 100) ?? 0)],
            MedianError = group.Quantity("medianError", QuantityKind.Number, 0, 1e6) ?? 0,
            MeanError = group.Quantity("meanError", QuantityKind.Number, 0, 1e6) ?? 0,
            LeaveOneOutError = group.Quantity("leaveOneOutError", QuantityKind.Number, 0, 1e6) ?? 0,
            LeaveOneOutBy = group.Text("leaveOneOutBy"),
            Chips = [.. group.Texts("chips").Select(scalar => scalar.Text)],
            Families = [.. group.Texts("families").Select(scalar => scalar.Text)],
            RowsFitted = group.Integer("rowsFitted", 0, int.MaxValue, 0),
            RowsFile = group.Text("rowsFile"),
            Note = group.Text("note"),
        };
        group.Finish();
        return fit;
    }

    private static ImmutableSortedDictionary<string, CalibratedConstant> ReadConstants(MappingReader group)
    {
        ImmutableSortedDictionary<string, CalibratedConstant>.Builder constants = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        MappingReader? all = group.RequiredGroup("constants", "fitted constants by name");
        if (all is null)
        {
            return constants.ToImmutable();
        }

        foreach (YamlEntry entry in all.Mapping.Entries)
        {
            if (all.Group(entry.Key.Text) is not { } one)
            {
                continue;
            }

            int before = all.Diagnostics.Count;
            double low = one.RequiredQuantity("low", QuantityKind.Number, -1e300, 1e300);
            double high = one.RequiredQuantity("high", QuantityKind.Number, -1e300, 1e300);
            double value = one.RequiredQuantity("value", QuantityKind.Number, -1e300, 1e300);
            string unit = one.Text("unit", "1");
            one.Flag("atLimit", fallback: false);
            if (all.Diagnostics.Count == before && (low > high || value < low || value > high))
            {
                all.Diagnostics.Error(
                    DiagnosticCode.ConstantOutOfRange,
                    one.Position,
                    $"'{one.Path}' is {QuantityText.Of(value, QuantityKind.Number)}; its own range is {QuantityText.Of(low, QuantityKind.Number)} to {QuantityText.Of(high, QuantityKind.Number)}");
            }

            one.Finish();
            constants[entry.Key.Text] = new(value, low, high, unit);
        }

        return constants.ToImmutable();
    }

    private static readonly ImmutableArray<string> KindWords = ["chips", "collectives", "stacks", "serving"];
}
