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
            fits.AddRange(before.Fits.Where(fit => !only.Contains(ServingStack.ClassOf(fit))));
        foreach (InferenceRecipe recipe in recipes)
        {
            if (recipe.Stack != stackId || (!only.IsEmpty && !only.Contains(recipe.Class)))
                continue;
            List<FittedCase> taken = Take(predictor, cases, recipe);
            if (taken.Count == 0)
                continue;
            // Rows of a carried fit lie apart: no prediction was made with them.
            string file = (recipe.CarriedTo.Length > 0 ? "carried/" : "") + $"{stackId}-{recipe.Class}{(recipe.Family.Length > 0 ? "-" + recipe.Family : "")}.rows.gz";
            fits.Add(FitOne(predictor, recipe, taken, file));
            chosen[file] = [.. taken.Select(static one => one.Row.Origin.Id)];
        }

        rows = chosen.ToImmutable();
        return fits.Count == 0 ? null : new CalibrationFile { Subject = stackId, Kind = CalibrationKind.Serving, Date = date, Fits = fits.ToImmutable() };
    }

    /// <summary>Clean rows of the recipe in an order that only its seed and their names decide; the first of them.</summary>
    public static List<FittedCase> Take(InferencePredictor predictor, IReadOnlyList<InferenceCase> cases, InferenceRecipe recipe)
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
        List<FittedCase> taken = [];
        foreach ((_, InferenceCase row, InferenceReading reading) in fitting)
        {
            if (taken.Count < wanted && predictor.Prepare(row, reading, out _) is { } prepared)
                taken.Add(new FittedCase(row, reading, prepared));
        }

        return taken;
    }

    /// <summary>The fit a recipe asks for on its rows.</summary>
    public static LoopFit FitOf(InferencePredictor predictor, InferenceRecipe recipe, IReadOnlyList<FittedCase> rows)
    {
        ImmutableArray<ConstantRange> words = predictor.Stacks.Vocabulary();
        var bounds = new FitBound[words.Length];
        for (int place = 0; place < bounds.Length; place++)
        {
            ConstantRange word = words[place];
            bool isFixed = recipe.Fixed.Contains(word.Name) || (word.IsOptional && !recipe.Free.Contains(word.Name));
            // What the stack says of itself stands where nothing is fitted, and is the centre of what is.
            double own = predictor.Stacks.Stack(recipe.Stack).Value!.Constants.GetValueOrDefault(word.Name, word.Default);
            bounds[place] = isFixed ? new FitBound(word.Name, own, own) : new FitBound(word.Name, word.Low, word.High, own);
        }

        return new LoopFit(rows, words, bounds);
    }

    private static CalibrationFit FitOne(InferencePredictor predictor, InferenceRecipe recipe, List<FittedCase> rows, string rowsFile)
    {
        ImmutableArray<ConstantRange> words = predictor.Stacks.Vocabulary();
        LoopFit fit = FitOf(predictor, recipe, rows);
        double[] found = fit.Run(recipe.Seed);
        double[] absolute = [.. fit.Seen(found).Select(static error => Math.Abs(Math.Exp(error.PerToken) - 1)).Order()];
        (double PerToken, double FirstToken)[] left = fit.LeftOut(found);
        var constantsFound = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
        foreach (int place in fit.Free)
            constantsFound[words[place].Name] = new CalibratedConstant(found[place], words[place].Low, words[place].High, words[place].Unit);
        return new CalibrationFit
        {
            Operator = recipe.CarriedTo.Length > 0 ? ServingStack.CarriedName(recipe.Class, recipe.Family) : recipe.Class,
            Scope = recipe.CarriedTo.Length > 0 ? recipe.CarriedTo : recipe.Family,
            Source = [.. rows.Select(static one => one.Row.Origin.Group).Distinct().Order(StringComparer.Ordinal)],
            Constants = constantsFound.ToImmutable(),
            ResidualSigma = SignificantDigits.Five(SpreadOf(left.Select(static error => error.PerToken))),
            FirstTokenSigma = SignificantDigits.Five(SpreadOf(left.Where((_, row) => rows[row].HasFirstToken).Select(static error => error.FirstToken))),
            MedianError = SignificantDigits.Five(absolute[absolute.Length / 2]),
            MeanError = SignificantDigits.Five(absolute.Average()),
            LeaveOneOutError = SignificantDigits.Five(left.Average(static error => Math.Abs(Math.Exp(error.PerToken) - 1))),
            LeaveOneOutBy = "row",
            Chips = [.. rows.Select(one => predictor.ChipOf(one.Row)!.Id).Distinct().Order(StringComparer.Ordinal)],
            Families = [.. rows.Select(one => predictor.ChipOf(one.Row)!.Family).Distinct().Order(StringComparer.Ordinal)],
            RowsFitted = rows.Count,
            RowsFile = rowsFile,
            Note = $"a share of {recipe.Share} of the clean rows, seed {recipe.Seed}; errors are of the time per token",
        };
    }

    /// <summary>Standard deviation about 0 of errors of rows left out; 0 of none.</summary>
    private static double SpreadOf(IEnumerable<double> errors)
    {
        double sum = 0;
        int count = 0;
        foreach (double error in errors)
        {
            sum += error * error;
            count++;
        }

        return count == 0 ? 0 : Math.Sqrt(sum / count);
    }
}
