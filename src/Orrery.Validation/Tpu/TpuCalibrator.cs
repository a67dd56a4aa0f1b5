using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Tpu;
using Orrery.Operators;
using Orrery.Validation.Cases;
using Orrery.Validation.Fitting;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Tpu;

/// <summary>
/// Fits what published kernels can fix of a TPU: with eight products or more start-up, sustained rate and what leads in, with fewer the rate
/// alone; on copies the share of the memory bandwidth. The other constants keep the values of <paramref name="prior"/>, in which they are assumed.
/// </summary>
/// <param name="chip">The chip.</param>
/// <param name="prior">Constants with their ranges.</param>
public sealed class TpuCalibrator(ChipDescription chip, CalibrationFile prior)
{
    private const int EnoughProducts = 8;

    /// <summary>Least spread expected of shapes and programs that were not measured.</summary>
    private const double LeastSigma = 0.1;

    private static readonly ImmutableArray<string> Whole = ["launch", "matrixShare", "leadBytes"];
    private static readonly ImmutableArray<string> RateOnly = ["matrixShare"];
    private static readonly ImmutableArray<string> Memory = ["memoryShare"];

    /// <summary>The calibration with the fitted constants in place, dated <paramref name="date"/>, and the rows it saw.</summary>
    public CalibrationResult Fit(IEnumerable<KernelCase> rows, string date)
    {
        ArgumentNullException.ThrowIfNull(rows);
        List<(KernelCase Row, Operator Work)> products = [];
        List<(KernelCase Row, Operator Work)> copies = [];
        foreach (KernelCase row in rows)
        {
            if (!ChipCalibration.IsChip(chip, row.Chip) || !row.Origin.IsExpressible || row.TimeUs is null || !KernelReading.TryRead(row, out Operator work, out _))
                continue;
            if (work.Kind == OperatorKind.Matmul)
                products.Add((row, work));
            else if (row.Kind == "memory_copy")
                copies.Add((row, work));
        }

        // Of repeats of one product the fastest counts: the others hold what surrounds it, such as the host's part of its timing.
        products = [.. products.GroupBy(static one => one.Work).Select(static same => same.MinBy(static one => one.Row.TimeUs!.Value))];
        CalibrationFile file = prior with { Date = date };
        // Memory first: products are fitted beside it.
        file = Fit(file, TpuCalibration.Elementwise, Memory, copies);
        file = Fit(file, TpuCalibration.Matmul, products.Count >= EnoughProducts ? Whole : RateOnly, products);
        return new CalibrationResult(file, [.. products.Concat(copies).Select(static one => one.Row.Origin.Id).Order(StringComparer.Ordinal)], []);
    }

    private CalibrationFile Fit(CalibrationFile file, string operatorName, ImmutableArray<string> names, List<(KernelCase Row, Operator Work)> rows)
    {
        if (rows.Count == 0)
            return file;
        CalibrationFit before = file.Find(operatorName) ?? throw new InvalidOperationException($"the prior calibration of '{chip.Id}' has no '{operatorName}'");
        // From the middle of the range: starting at the last fit would make a second fit differ from the first.
        FitBound[] bounds = [.. names.Select(name => Bound(name, before.Constants[name]))];
        double[] errors = new double[rows.Count];
        FitResult result = BoundedFit.Minimise(rows.Count, bounds, (constants, into) => Errors(With(file, operatorName, names, constants), rows, into), new FitOptions { Starts = 4 });
        CalibrationFile fitted = With(file, operatorName, names, [.. result.Constants]);
        Errors(fitted, rows, errors);
        double square = 0;
        foreach (double error in errors)
            square += error * error;
        double sigma = rows.Count > names.Length ? Math.Sqrt(square / (rows.Count - names.Length)) : 0;
        double[] absolute = [.. errors.Select(static error => Math.Abs(Math.Exp(error) - 1)).Order()];
        string limits = string.Join(", ", names.Where((_, at) => result.AtLimit[at]));
        CalibrationFit after = fitted.Find(operatorName)! with
        {
            Source = [.. rows.Select(static one => one.Row.Origin.Group).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            ResidualSigma = Math.Max(LeastSigma, sigma),
            MedianError = ErrorFigures.Percentile(absolute, 0.5),
            MeanError = absolute.Average(),
            RowsFitted = rows.Count,
            RowsFile = ChipCalibration.RowsFileName(chip.Id),
            Note = $"{string.Join(", ", names)} fitted, the rest assumed{(operatorName == TpuCalibration.Matmul ? " (copies run ahead of the arrays, so all but the lead overlaps)" : "")}{(limits.Length > 0 ? "; at a limit: " + limits : "")}; the spread is at least {LeastSigma * 100:0} %, as the rows tell little of other shapes",
        };
        return fitted with { Fits = [.. fitted.Fits.Select(fit => fit.Operator == operatorName ? after : fit)] };
    }

    private void Errors(CalibrationFile file, List<(KernelCase Row, Operator Work)> rows, Span<double> into)
    {
        TpuChipModel model = TpuCalibration.Create(chip, chip.RanksPerChip, file).Value
            ?? throw new InvalidOperationException($"the prior calibration of '{chip.Id}' is not complete");
        for (int row = 0; row < rows.Count; row++)
            into[row] = Math.Log(model.Cost(rows[row].Work).Isolated.Value / (rows[row].Row.TimeUs!.Value * 1e-6));
    }

    private static CalibrationFile With(CalibrationFile file, string operatorName, ImmutableArray<string> names, ReadOnlySpan<double> values)
    {
        CalibrationFit fit = file.Find(operatorName)!;
        ImmutableSortedDictionary<string, CalibratedConstant> constants = fit.Constants;
        for (int at = 0; at < names.Length; at++)
            constants = constants.SetItem(names[at], constants[names[at]] with { Value = values[at] });
        CalibrationFit changed = fit with { Constants = constants };
        return file with { Fits = [.. file.Fits.Select(one => one.Operator == operatorName ? changed : one)] };
    }

    private static FitBound Bound(string name, CalibratedConstant constant) =>
        new(name, constant.Low, constant.High) { Scale = constant.High > 20 * constant.Low && constant.Low > 0 ? FitScale.Logarithmic : FitScale.Linear };
}
