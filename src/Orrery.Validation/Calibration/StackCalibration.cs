using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Fitting;
using Orrery.Validation.Prediction;
using Orrery.Validation.Reading;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Calibration;

/// <summary>What a calibration found, before it is written.</summary>
/// <param name="Held">Errors of rows held out, by row id.</param>
/// <param name="LeftOut">Log errors of rows predicted by constants fitted without their fold, with their stack; empty where that was not asked for.</param>
public sealed record StackCalibrationResult(
    StackRecipe Recipe,
    FitResult Fit,
    ImmutableArray<StackRow> Fitted,
    ImmutableArray<StackRow> Held,
    ImmutableArray<double> FittedErrors,
    ImmutableArray<double> HeldErrors,
    ImmutableArray<(string Stack, double Error)> LeftOut,
    ImmutableArray<string> Skipped)
{
    /// <summary>Mean error of folds predicted without themselves; 0 where there are none.</summary>
    public double LeaveOneOut => StackCalibration.Mean([.. LeftOut.Select(static one => one.Error)]);
}

/// <summary>Fits the stacks of a recipe on published or a user's own step times.</summary>
public sealed class StackCalibration(DataCatalog catalog, CaseReader reader, CaseConventions conventions, CaseDetails details, StackVocabulary vocabulary)
{
    /// <summary>
    /// Share of rows that the spread is set to hold inside the 80 % interval: a little less than 80 %, so that the intervals stay below twice the median
    /// error; what they then hold of all rows is printed by <c>validate</c>.
    /// </summary>
    private const double HeldShare = 0.78;

    private readonly CaseContexts contexts = new(catalog, details);

    /// <summary>Fits <paramref name="recipe"/> on <paramref name="cases"/>, null when no row can be; <paramref name="leaveOut"/> also computes the leave-one-out figure.</summary>
    public StackCalibrationResult? Run(StackRecipe recipe, ImmutableArray<TrainingCase> cases, bool leaveOut, int starts = 3)
    {
        ImmutableArray<StackRow> rows = Rows(recipe, cases, out ImmutableArray<string> skipped);
        ImmutableArray<StackRow> fitted = [.. rows.Where(row => recipe.IsFitted(row.Group))];
        ImmutableArray<StackRow> held = [.. rows.Where(row => !recipe.IsFitted(row.Group))];
        if (fitted.IsEmpty)
            return null;
        var fitter = new StackFitter(fitted, recipe.Free, vocabulary);
        FitResult fit = fitter.Fit(starts, recipe.Seed);
        double[] values = [.. fit.Constants];
        ImmutableArray<(string Stack, double Error)> leftOut = leaveOut ? LeaveOneOut(recipe, rows, values) : [];
        return new StackCalibrationResult(recipe, fit, fitted, held, Errors(fitter, fitted, values), Errors(fitter, held, values), leftOut, skipped);
    }

    /// <summary>Mean of |predicted / measured - 1| for log errors.</summary>
    public static double Mean(ImmutableArray<double> logErrors)
    {
        double sum = 0;
        foreach (double error in logErrors)
            sum += Math.Abs(Math.Exp(error) - 1);
        return logErrors.Length == 0 ? 0 : sum / logErrors.Length;
    }

    /// <summary>Median of |predicted / measured - 1| for log errors.</summary>
    public static double Median(ImmutableArray<double> logErrors) => Quantile(logErrors, 0.5);

    /// <summary>Writes the constants, the row list and the figures of each stack into the catalogue folder, dated <paramref name="date"/>.</summary>
    public void Write(StackCalibrationResult result, string date)
    {
        foreach (string stack in result.Recipe.Stacks)
        {
            var fits = new List<CalibrationFit>();
            string rowsFile = stack + (result.Recipe.Operator == "step" ? "" : "-" + result.Recipe.Operator) + ".rows.gz";
            ImmutableArray<StackRow> own = [.. result.Fitted.Where(row => row.Stack == stack)];
            ImmutableArray<StackRow> ownHeld = [.. result.Held.Where(row => row.Stack == stack)];
            double[] errors = [.. result.Fitted.Zip(result.FittedErrors).Where(pair => pair.First.Stack == stack).Select(static pair => pair.Second)];
            double[] heldErrors = [.. result.Held.Zip(result.HeldErrors).Where(pair => pair.First.Stack == stack).Select(static pair => pair.Second)];
            // The spread people should expect is that of rows not fitted, where there are enough of them.
            double[] spread = heldErrors.Length >= 8 ? heldErrors : [.. errors, .. heldErrors];
            if (result.Recipe.SpreadsAsLeftOut && result.LeftOut.Length > 0)
                spread = [.. result.LeftOut.Where(one => one.Stack == stack).Select(static one => one.Error)];
            foreach (string chip in result.Recipe.Free.Select(static one => one.Chip).Distinct(StringComparer.Ordinal))
            {
                var constants = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
                var atLimit = new List<string>();
                for (int i = 0; i < result.Recipe.Free.Length; i++)
                {
                    FreeConstant one = result.Recipe.Free[i];
                    if (one.Chip != chip || (one.Stack.Length > 0 && one.Stack != stack))
                        continue;
                    string name = StackConstants.NameOf(one.Constant);
                    StackConstantDefinition word = vocabulary.Find(name)!;
                    constants[name] = new CalibratedConstant(Math.Clamp(SignificantDigits.Five(result.Fit.Constants[i]), word.Low, word.High), word.Low, word.High, word.Unit);
                    if (result.Fit.AtLimit[i])
                        atLimit.Add(name);
                }

                fits.Add(new CalibrationFit
                {
                    Operator = result.Recipe.Operator,
                    Scope = chip,
                    Source = result.Recipe.Sources,
                    Constants = constants.ToImmutable(),
                    ResidualSigma = SignificantDigits.Five(Quantile(spread, HeldShare) / EightyPercentInterval.Deviations),
                    MedianError = SignificantDigits.Five(Median([.. errors])),
                    MeanError = SignificantDigits.Five(Mean([.. errors])),
                    LeaveOneOutError = SignificantDigits.Five(result.LeaveOneOut),
                    LeaveOneOutBy = result.Recipe.LeaveOutName,
                    Chips = [.. own.Select(static row => row.Context.System.Chip.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                    Families = [.. own.Select(static row => row.Context.System.Chip.Family).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                    RowsFitted = own.Length,
                    RowsFile = rowsFile,
                    Note = Note(result, own.Length, ownHeld.Length, atLimit),
                });
            }

            string path = catalog.CalibrationPath(CalibrationKind.Stacks, stack);
            // Fits of other recipes of the same stack stay.
            if (File.Exists(path) && CalibrationFile.Read(path).Value is { } before)
                fits.AddRange(before.Fits.Where(fit => fit.Operator != result.Recipe.Operator));
            new CalibrationFile { Subject = stack, Kind = CalibrationKind.Stacks, Date = date, Fits = [.. fits] }.Write(path);
            CalibrationRows.Write(Path.Combine(Path.GetDirectoryName(path)!, rowsFile), own.Select(static row => row.Id).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Rows of the recipe's stacks and sources that can be predicted; the rest with reasons.</summary>
    public ImmutableArray<StackRow> Rows(StackRecipe recipe, ImmutableArray<TrainingCase> cases, out ImmutableArray<string> skipped)
    {
        ImmutableArray<StackRow>.Builder rows = ImmutableArray.CreateBuilder<StackRow>();
        ImmutableArray<string>.Builder reasons = ImmutableArray.CreateBuilder<string>();
        foreach (TrainingCase one in cases)
        {
            if ((!one.Origin.IsExpressible && !recipe.TakesIncomplete) || (recipe.Sources.Length > 0 && !recipe.Sources.Contains(one.Origin.Group)))
                continue;
            CaseReading reading = reader.Read(one);
            if (reading.Inputs is not { } inputs)
            {
                reasons.Add($"{one.Origin.Id}: {reading.Why}");
                continue;
            }

            if (recipe.Models != "all" && inputs.Architecture.HasExperts != (recipe.Models == "experts"))
                continue;
            if (contexts.Find(inputs, out string why) is not { } found)
            {
                reasons.Add($"{one.Origin.Id}: {why}");
                continue;
            }

            if (!recipe.Stacks.Contains(found.Context.Stack.Id))
                continue;
            double? factor = StepMetric.Factor(inputs, one.Origin.PrimaryMetric, conventions.FlopConventionOf(one.Origin.Group), out string none);
            if (factor is null || one.Measured(one.Origin.PrimaryMetric) is not { } measured)
            {
                reasons.Add($"{one.Origin.Id}: {none}");
                continue;
            }

            double step = StepMetric.IsRate(one.Origin.PrimaryMetric) ? factor.Value / measured : measured / factor.Value;
            Plan plan = contexts.PlanOf(inputs, found);
            if (!found.Context.Steps.Estimate(plan, out _))
            {
                reasons.Add($"{one.Origin.Id}: {inputs.Architecture.Layers} layers cannot be laid on pp {plan.PipelineParallel} x vpp {plan.VirtualStages}");
                continue;
            }

            rows.Add(new StackRow(one.Origin.Id, GroupOf(recipe.GroupBy, inputs, one), found.Context.Stack.Id, found.Context, plan, found.BaseValues, step) 
            {
                Fold = GroupOf(recipe.LeaveOut, inputs, one),
                Alternative = inputs.Precision.Alternative is { } other ? plan with { Precision = other } : null,
            });
        }

        skipped = reasons.ToImmutable();
        return rows.ToImmutable();
    }

    private ImmutableArray<(string Stack, double Error)> LeaveOneOut(StackRecipe recipe, ImmutableArray<StackRow> rows, double[] from)
    {
        ImmutableArray<(string, double)>.Builder left = ImmutableArray.CreateBuilder<(string, double)>();
        foreach (IGrouping<string, StackRow> fold in rows.GroupBy(static row => row.Fold, StringComparer.Ordinal))
        {
            ImmutableArray<StackRow> rest = [.. rows.Where(row => row.Fold != fold.Key)];
            if (rest.Length < recipe.Free.Length / 2)
                continue;
            var fitter = new StackFitter(rest, recipe.Free, vocabulary);
            double[] values = [.. fitter.Fit(1, recipe.Seed, from).Constants];
            ImmutableArray<StackRow> own = [.. fold];
            foreach ((StackRow row, double error) in own.Zip(Errors(fitter, own, values)))
                left.Add((row.Stack, error));
        }

        return left.ToImmutable();
    }

    private static ImmutableArray<double> Errors(StackFitter fitter, ImmutableArray<StackRow> rows, double[] values)
    {
        var errors = new double[rows.Length];
        fitter.Errors(rows, values, errors);
        return [.. errors];
    }

    private static string GroupOf(ImmutableArray<string> fields, TrainingCaseInputs inputs, TrainingCase row) => string.Join('|', fields.Select(field => field switch
    {
        "row" => row.Origin.Id,
        "source" => row.Origin.Group,
        "model" => inputs.Job.Model,
        "hidden" => Text(inputs.Architecture.Hidden),
        "layers" => Text(inputs.Architecture.Layers),
        "tp" => Text(inputs.TensorParallel),
        "pp" => Text(inputs.PipelineParallel),
        "dp" => Text(inputs.DataParallel),
        "cp" => Text(inputs.ContextParallel),
        "ep" => Text(inputs.ExpertParallel),
        "seq" => Text(inputs.Sequence),
        "microBatch" => Text(inputs.MicroBatch),
        "gradAccum" => Text(inputs.GradientAccumulation),
        "chips" => Text(inputs.Chips),
        "chip" => inputs.Chip,
        "precision" => inputs.Precision.Products.ToString(),
        "recompute" => inputs.Recompute.ToString(),
        "stack" => inputs.Stack,
        _ => throw new ArgumentException($"no group field '{field}'", nameof(fields)),
    }));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Note(StackCalibrationResult result, int fitted, int held, List<string> atLimit)
    {
        string note = string.Create(CultureInfo.InvariantCulture, $"{fitted} rows fitted, {held} held out (share {result.Recipe.Share} of groups, seed {result.Recipe.Seed})");
        return atLimit.Count > 0 ? note + "; at a limit: " + string.Join(", ", atLimit) : note;
    }

    private static double Quantile(IEnumerable<double> logErrors, double share)
    {
        double[] sorted = [.. logErrors.Select(static error => Math.Abs(Math.Exp(error) - 1)).Order()];
        return sorted.Length == 0 ? 0 : ErrorFigures.Percentile(sorted, share);
    }
}
