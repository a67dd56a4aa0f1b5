using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Serving;
using Orrery.Validation.Cases;
using Orrery.Validation.Fitting;

namespace Orrery.Validation.Inference;

/// <summary>
/// Fits the constants of a serving stack on declared shares of its rows and writes <c>data/calibration/serving</c>. Operator constants are not touched.
/// </summary>
public static class InferenceCalibration
{
    /// <summary>Weight of a time to the first token beside a time per token: it is a queueing figure, and noisier.</summary>
    private const double FirstTokenWeight = 0.5;

    /// <summary>Fits every recipe of <paramref name="stackId"/>; null where there is none or no row.</summary>
    /// <param name="date">Day to write down.</param>
    /// <param name="only">Classes to fit; the others keep the fits they have. Empty is all.</param>
    /// <param name="rows">Ids of the rows fitted, by the name of the file that lists them.</param>
    public static CalibrationFile? Fit(
        InferencePredictor predictor, ImmutableArray<string> files, ImmutableArray<InferenceRecipe> recipes, string stackId, string date, ImmutableArray<string> only,
        out ImmutableSortedDictionary<string, ImmutableArray<string>> rows)
    {
        List<InferenceCase> cases = [];
        MeasuredPoints points = new();
        foreach (string path in files)
            cases.AddRange(InferenceCase.Read(path).Cases.Where(row => points.Counts(row, predictor.ReadingOf(row))));
        var fits = ImmutableArray.CreateBuilder<CalibrationFit>();
        var chosen = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        if (!only.IsEmpty && predictor.Stacks.Stack(stackId).Value is { } before)
            fits.AddRange(before.Fits.Where(fit => !only.Contains(fit.Operator)));
        foreach (InferenceRecipe recipe in recipes)
        {
            if (recipe.Stack != stackId || (!only.IsEmpty && !only.Contains(recipe.Class)))
                continue;
            List<(InferenceCase Row, InferenceReading Reading, PreparedCase Prepared)> taken = Take(predictor, cases, recipe);
            if (taken.Count == 0)
                continue;
            string file = $"{stackId}-{recipe.Class}{(recipe.Family.Length > 0 ? "-" + recipe.Family : "")}.rows.gz";
            fits.Add(FitOne(predictor, recipe, taken, file));
            chosen[file] = [.. taken.Select(static one => one.Row.Origin.Id)];
        }

        rows = chosen.ToImmutable();
        return fits.Count == 0 ? null : new CalibrationFile { Subject = stackId, Kind = CalibrationKind.Serving, Date = date, Fits = fits.ToImmutable() };
    }

    /// <summary>Clean rows of the recipe in an order that only its seed and their names decide; the first of them.</summary>
    private static List<(InferenceCase Row, InferenceReading Reading, PreparedCase Prepared)> Take(InferencePredictor predictor, List<InferenceCase> cases, InferenceRecipe recipe)
    {
        List<(ulong Order, InferenceCase Row, InferenceReading Reading)> fitting = [];
        foreach (InferenceCase row in cases)
        {
            InferenceReading reading = predictor.ReadingOf(row);
            if (!row.Origin.IsExpressible || reading.SetAside.Length > 0 || (row.PerTokenMs is null && row.OutputTokensPerSecond is null) || predictor.StackOf(row)?.Id != recipe.Stack
                || predictor.ClassOf(row, reading) != recipe.Class || (recipe.Family.Length > 0 && predictor.ChipOf(row)?.Family != recipe.Family && predictor.ChipOf(row)?.Id != recipe.Family))
                continue;
            RandomStream random = RandomStream.Create(recipe.Seed, row.Origin.Id);
            fitting.Add((random.NextBits(), row, reading));
        }

        fitting.Sort(static (left, right) => left.Order.CompareTo(right.Order));
        int wanted = Math.Max((int)Math.Ceiling(fitting.Count * recipe.Share), Math.Min(recipe.Least, fitting.Count / 2));
        List<(InferenceCase, InferenceReading, PreparedCase)> taken = [];
        foreach ((_, InferenceCase row, InferenceReading reading) in fitting)
        {
            if (taken.Count < wanted && predictor.Prepare(row, reading, out _) is { } prepared)
                taken.Add((row, reading, prepared));
        }

        return taken;
    }

    private static CalibrationFit FitOne(
        InferencePredictor predictor, InferenceRecipe recipe, List<(InferenceCase Row, InferenceReading Reading, PreparedCase Prepared)> rows, string rowsFile)
    {
        ImmutableArray<ConstantRange> words = predictor.Stacks.Vocabulary();
        var bounds = new FitBound[words.Length];
        for (int place = 0; place < bounds.Length; place++)
        {
            ConstantRange word = words[place];
            bool isFixed = recipe.Fixed.Contains(word.Name) || (word.IsOptional && !recipe.Free.Contains(word.Name));
            // What the stack says of itself stands where nothing is fitted, and is where a fit begins.
            double own = predictor.Stacks.Stack(recipe.Stack).Value!.Constants.GetValueOrDefault(word.Name, word.Default);
            bounds[place] = isFixed ? new FitBound(word.Name, own, own) : new FitBound(word.Name, word.Low, word.High, own);
        }

        double[] weights = new double[2 * rows.Count];
        for (int row = 0; row < rows.Count; row++)
        {
            weights[2 * row] = 1;
            weights[(2 * row) + 1] = HasFirstToken(rows[row].Row, rows[row].Reading) ? FirstTokenWeight : 1e-9;
        }

        FitResult result = BoundedFit.Minimise(
            2 * rows.Count, bounds, (constants, errors) => Errors(rows, words, constants, errors),
            new FitOptions { Seed = recipe.Seed, Starts = 2, MaximumIterations = 30, Weights = weights });
        double[] found = [.. result.Constants.Select(SignificantDigits.Five)];
        double[] last = new double[2 * rows.Count];
        Errors(rows, words, found, last);
        double[] each = [.. Enumerable.Range(0, rows.Count).Select(row => last[2 * row])];
        double[] absolute = [.. each.Select(static error => Math.Abs(Math.Exp(error) - 1)).Order()];
        var constantsFound = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        for (int place = 0; place < words.Length; place++)
        {
            if (bounds[place].Low < bounds[place].High)
                constantsFound[words[place].Name] = new CalibratedConstant(Math.Clamp(found[place], words[place].Low, words[place].High), words[place].Low, words[place].High, words[place].Unit);
        }

        return new CalibrationFit
        {
            Operator = recipe.Class,
            Scope = recipe.Family,
            Source = [.. rows.Select(static one => one.Row.Origin.Group).Distinct().Order(StringComparer.Ordinal)],
            Constants = constantsFound.ToImmutable(),
            ResidualSigma = SignificantDigits.Five(Math.Sqrt(each.Sum(static error => error * error) / Math.Max(1, each.Length - 4))),
            MedianError = SignificantDigits.Five(absolute[absolute.Length / 2]),
            MeanError = SignificantDigits.Five(absolute.Average()),
            Chips = [.. rows.Select(one => predictor.ChipOf(one.Row)!.Id).Distinct().Order(StringComparer.Ordinal)],
            Families = [.. rows.Select(one => predictor.ChipOf(one.Row)!.Family).Distinct().Order(StringComparer.Ordinal)],
            RowsFitted = rows.Count,
            RowsFile = rowsFile,
            Note = $"a share of {recipe.Share} of the clean rows, seed {recipe.Seed}; errors are of the time per token",
        };
    }

    private static bool HasFirstToken(InferenceCase row, InferenceReading reading) => row.FirstTokenMs is not null && reading.FirstTokenSetAside.Length == 0;

    private static void Errors(
        List<(InferenceCase Row, InferenceReading Reading, PreparedCase Prepared)> rows, ImmutableArray<ConstantRange> words, ReadOnlySpan<double> constants, Span<double> errors)
    {
        Span<double> scaled = stackalloc double[ServingConstants.Count];
        for (int place = 0; place < scaled.Length; place++)
            scaled[place] = constants[place] * words[place].Scale;
        ServingConstants values = new(scaled);
        for (int row = 0; row < rows.Count; row++)
        {
            InferenceFigures figures = rows[row].Prepared.Run(values);
            // Offline rows state a rate alone.
            errors[2 * row] = rows[row].Row.PerTokenMs is { } each
                ? Math.Log(figures.PerToken * 1e3 / each)
                : -Math.Log(figures.OutputTokensPerSecond / rows[row].Row.OutputTokensPerSecond!.Value);
            errors[(2 * row) + 1] = HasFirstToken(rows[row].Row, rows[row].Reading) ? Math.Log(figures.FirstToken * 1e3 / rows[row].Row.FirstTokenMs!.Value) : 0;
        }
    }
}
