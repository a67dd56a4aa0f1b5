using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Validation.Cases;
using Orrery.Validation.Prediction;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Calibration;

/// <summary>Everything <c>orrery calibrate STACK</c> does between its flags and its printing.</summary>
/// <param name="Results">One for each recipe that names the stack, in the order of the recipes; empty where something was wrong.</param>
/// <param name="Text">What a person reads: constants, errors of rows fitted and held out, rows left out.</param>
public sealed record StackCalibrationRun(ImmutableArray<StackCalibrationResult> Results, ImmutableArray<string> Text, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>What was written or would be, for a stack of one's own.</summary>
    public ImmutableArray<CalibrationFit> Fits { get; init; } = [];

    /// <summary>
    /// Fits the stack by its recipes on <paramref name="files"/> (empty: the catalogue's own cases) and, when <paramref name="writes"/>, replaces its
    /// calibration file, dated <paramref name="date"/>.
    /// </summary>
    public static StackCalibrationRun Calibrate(DataCatalog catalog, string stack, ImmutableArray<string> files, string date, bool writes, bool leaveOneOut = true)
    {
        string root = catalog.DataRoot;
        ImmutableArray<StackRecipe> recipes = StackRecipe.ReadAll(Path.Combine(root, "calibration", "recipes.yaml"), "data/calibration/recipes.yaml", out ImmutableArray<Diagnostic> wrong);
        Result<CaseConventions> conventions = CaseConventions.Load(root);
        Result<CaseDetails> details = CaseDetails.Load(root);
        Result<StackVocabulary> vocabulary = catalog.Vocabulary();
        ImmutableArray<Diagnostic> diagnostics = [.. wrong, .. conventions.Diagnostics, .. details.Diagnostics, .. vocabulary.Diagnostics];
        if (recipes.IsEmpty || conventions.Value is null || details.Value is null || vocabulary.Value is null)
            return new StackCalibrationRun([], [], diagnostics);
        bool isOwn = !files.IsDefaultOrEmpty;
        ImmutableArray<StackRecipe> wanted = [.. recipes.Where(recipe => recipe.Stacks.Contains(stack))];
        if (wanted.IsEmpty)
        {
            string known = string.Join(", ", recipes.SelectMany(static recipe => recipe.Stacks).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
            return new StackCalibrationRun([], [], [.. diagnostics, new Diagnostic(Severity.Error, "ORR3003", "data/calibration/recipes.yaml", 0, 0, $"no recipe fits '{stack}'; there are recipes for {known}")]);
        }

        ImmutableArray<TrainingCase>.Builder cases = ImmutableArray.CreateBuilder<TrainingCase>();
        foreach (string path in isOwn ? files : ValidationFiles.Training(root))
        {
            CaseFile<TrainingCase> file = TrainingCase.Read(path);
            cases.AddRange(file.Cases);
            diagnostics = diagnostics.AddRange(file.Diagnostics);
            if (file.HasErrors)
                return new StackCalibrationRun([], [], diagnostics);
        }

        var results = new List<StackCalibrationResult>();
        var text = new List<string>();
        foreach (StackRecipe published in wanted)
        {
            // Rows of one's own are all fitted: there is no published set to be scored apart from.
            StackRecipe recipe = isOwn ? published with { Sources = [], Share = 1 } : published;
            // Constants of an earlier run must not stand behind the ones that this one moves.
            DataCatalog fresh = writes && !isOwn ? Forget(root, recipe) : DataCatalog.Open(root);
            var calibration = new StackCalibration(fresh, new CaseReader(conventions.Value, new ModelLibrary(root)), conventions.Value, details.Value, vocabulary.Value);
            if (calibration.Run(recipe, cases.ToImmutable(), leaveOneOut) is not { } result)
            {
                text.Add($"{recipe.Name}: no row of {string.Join(", ", recipe.Stacks)} can be fitted");
                continue;
            }

            results.Add(result);
            Describe(result, text);
            if (writes)
                calibration.Write(result, date);
        }

        return new StackCalibrationRun([.. results], [.. text], diagnostics);
    }

    private static DataCatalog Forget(string root, StackRecipe recipe)
    {
        DataCatalog catalog = DataCatalog.Open(root);
        foreach (string stack in recipe.Stacks)
        {
            string path = catalog.CalibrationPath(CalibrationKind.Stacks, stack);
            if (File.Exists(path) && CalibrationFile.Read(path).Value is { } file)
                (file with { Fits = [.. file.Fits.Where(fit => fit.Operator != recipe.Operator)] }).Write(path);
        }

        return DataCatalog.Open(root);
    }

    private static void Describe(StackCalibrationResult result, List<string> text)
    {
        text.Add(string.Create(CultureInfo.InvariantCulture, $"{result.Recipe.Name}: {result.Fitted.Length} rows fitted, {result.Held.Length} held out, {result.Skipped.Length} left out"));
        for (int i = 0; i < result.Recipe.Free.Length; i++)
        {
            text.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"  {result.Recipe.Free[i],-44} {result.Fit.Constants[i],12:G5}{(result.Fit.AtLimit[i] ? "  at its limit" : "")}"));
        }

        text.Add(Errors("fitted", result.FittedErrors));
        if (result.Held.Length > 0)
            text.Add(Errors("held out", result.HeldErrors));
        if (result.LeaveOneOut > 0)
            text.Add(string.Create(CultureInfo.InvariantCulture, $"  each {result.Recipe.LeaveOutName} left out in turn: mean {result.LeaveOneOut:P1}"));
        foreach (string reason in result.Skipped.Take(5))
            text.Add("  left out " + reason);
    }

    private static string Errors(string what, ImmutableArray<double> errors) => string.Create(
        CultureInfo.InvariantCulture, $"  {what}: median {StackCalibration.Median(errors):P1}, mean {StackCalibration.Mean(errors):P1}");
}
