using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Fitting;
using Orrery.Validation.Prediction;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Calibration;

/// <summary>
/// Makes a stack of a user's own step times: the constants of a stack it is most like, moved as far as the rows can tell.
/// </summary>
/// <remarks>
/// Few rows cannot take a stack apart, so one scale of the whole step is fitted first. Further constants of the base's recipes are freed one at a time,
/// the best first, as long as there are three different configurations for each, and only where configurations left out in turn are predicted better by
/// a tenth. The spread is that of configurations left out, joined with the base's own as if that were four rows more, so that one row does not look exact.
/// </remarks>
public sealed class OwnStackCalibration
{
    private const int MostConstants = 12;
    private const int ConfigurationsPerConstant = 3;
    private const int Folds = 5;
    private const double LeastGain = 0.1;
    private const double BaseRows = 4;

    private readonly StackVocabulary _vocabulary;
    private readonly ImmutableArray<StackRow> _rows;
    private readonly ImmutableArray<string> _configurations;
    private readonly ImmutableArray<int> _folds;
    private readonly ImmutableArray<string> _sources;

    private OwnStackCalibration(ImmutableArray<StackRow> rows, ImmutableArray<string> sources, StackVocabulary vocabulary)
    {
        _sources = sources;
        _vocabulary = vocabulary;
        _rows = rows;
        _configurations = [.. rows.Select(static row => row.Group).Distinct(StringComparer.Ordinal)];
        _folds = [.. rows.Select(row => _configurations.IndexOf(row.Group) % Math.Min(Folds, _configurations.Length))];
    }

    /// <summary>
    /// Fits the steps in <paramref name="files"/> on the base of <paramref name="baseName"/> (empty: the stack that the rows name, else the default of
    /// their system) and, when <paramref name="writes"/>, writes the stack where <c>--stack</c> finds it by <paramref name="name"/>.
    /// </summary>
    public static StackCalibrationRun Calibrate(DataCatalog catalog, string baseName, string name, ImmutableArray<string> files, string date, bool writes)
    {
        var diagnostics = new List<Diagnostic>();
        string root = catalog.DataRoot;
        if (OwnStackFile.Problem(name, catalog) is { } wrong)
            return Refused([new Diagnostic(Severity.Error, "ORR3004", "--name", 0, 0, $"found '{name}'; {wrong}")]);
        Result<CaseConventions> conventions = CaseConventions.Load(root);
        Result<CaseDetails> details = CaseDetails.Load(root);
        Result<StackVocabulary> vocabulary = catalog.Vocabulary();
        ImmutableArray<StackRecipe> recipes = StackRecipe.ReadAll(Path.Combine(root, "calibration", "recipes.yaml"), "data/calibration/recipes.yaml", out ImmutableArray<Diagnostic> unread);
        diagnostics.AddRange([.. conventions.Diagnostics, .. details.Diagnostics, .. vocabulary.Diagnostics, .. unread]);
        var cases = new List<(TrainingCase Case, string File)>();
        foreach (string path in files)
        {
            CaseFile<TrainingCase> file = TrainingCase.ReadOwn(path);
            diagnostics.AddRange(file.Diagnostics);
            cases.AddRange(file.Cases.Select(one => (one, path)));
        }

        if (conventions.Value is null || details.Value is null || vocabulary.Value is null || recipes.IsEmpty)
            return Refused(diagnostics);
        if (Base(catalog, baseName, cases, diagnostics) is not { } stack)
            return Refused(diagnostics);
        var calibration = new StackCalibration(catalog, new CaseReader(conventions.Value, new ModelLibrary(root)), conventions.Value, details.Value, vocabulary.Value);
        ImmutableArray<StackRow> rows = Rows(catalog, calibration, stack, cases, diagnostics);
        if (rows.IsEmpty || diagnostics.Exists(static one => one.Severity == Severity.Error))
        {
            if (!diagnostics.Exists(static one => one.Severity == Severity.Error))
                diagnostics.Add(new Diagnostic(Severity.Error, "ORR3005", files.IsEmpty ? "--from" : files[0], 0, 0, "no row could be used; expected at least one measured step"));
            return Refused([.. diagnostics.Select(static one => one.Severity == Severity.Note ? one : one with { Severity = Severity.Error })]);
        }

        ImmutableArray<string> sources = [.. cases.Select(static one => one.Case.Origin.Group).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return new OwnStackCalibration(rows, sources, vocabulary.Value).Fit(catalog, stack, recipes, name, date, writes, diagnostics);
    }

    private static StackCalibrationRun Refused(IEnumerable<Diagnostic> diagnostics) => new([], [], [.. diagnostics]);

    /// <summary>The stack to begin with.</summary>
    private static StackDescription? Base(DataCatalog catalog, string baseName, List<(TrainingCase Case, string File)> cases, List<Diagnostic> diagnostics)
    {
        string name = baseName;
        if (name.Length == 0)
        {
            string[] named = [.. cases.Select(static one => one.Case.Origin.Stack).Where(static word => word.Length > 0).Distinct(StringComparer.Ordinal)];
            if (named.Length == 1 && catalog.Stack(named[0]).Value is not null)
                name = named[0];
            else if (cases.Count > 0)
                name = catalog.System(cases[0].Case.Origin.System).Value?.DefaultStack ?? "";
            if (name.Length > 0)
                diagnostics.Add(new Diagnostic(Severity.Note, "ORR3006", "SUBJECT", 0, 0, $"not given: '{name}' is taken as the stack to begin with; name one it is more like where there is one (list stacks)"));
        }

        if (name.Length == 0)
        {
            if (!diagnostics.Exists(static one => one.Severity == Severity.Error))
                diagnostics.Add(new Diagnostic(Severity.Error, "ORR3006", "SUBJECT", 0, 0, "is needed: no row names a system or stack of the catalogue to begin with"));
            return null;
        }

        Result<StackDescription> found = catalog.Stack(name);
        diagnostics.AddRange(found.Diagnostics);
        return found.Value;
    }

    private static ImmutableArray<StackRow> Rows(
        DataCatalog catalog, StackCalibration calibration, StackDescription stack, List<(TrainingCase Case, string File)> cases, List<Diagnostic> diagnostics)
    {
        var recipe = new StackRecipe { Name = stack.Id, Stacks = [stack.Id], Sources = [], Free = [], GroupBy = ["row"], LeaveOut = ["row"], Share = 1, Seed = 1 };
        ImmutableArray<StackRow>.Builder rows = ImmutableArray.CreateBuilder<StackRow>();
        foreach ((TrainingCase one, string file) in cases)
        {
            Result<SystemDescription> system = catalog.System(one.Origin.System);
            string why = "";
            if (system.Value is { } known)
            {
                JobColumns job = one.Job.Chip.Length > 0 ? one.Job : one.Job with { Chip = known.Chip.Id };
                TrainingCase own = one with { Job = job, Origin = one.Origin with { Stack = stack.Id } };
                rows.AddRange(calibration.Rows(recipe, [own], out ImmutableArray<string> skipped)
                    .Select(row => row with { Group = string.Create(CultureInfo.InvariantCulture, $"{one.Origin.System} {one.Job.Chips} {one.Job.ModelConfig} {row.Plan}") }));
                if (skipped.Length > 0)
                    why = skipped[0].StartsWith(one.Origin.Id + ": ", StringComparison.Ordinal) ? skipped[0][(one.Origin.Id.Length + 2)..] : skipped[0];
            }
            else
            {
                why = system.Diagnostics.Length > 0 ? system.Diagnostics[0].Message : "no system";
            }

            if (why.Length > 0)
                diagnostics.Add(new Diagnostic(Severity.Warning, "ORR3007", file, one.Origin.Line, 1, $"the row is left out: {why}"));
        }

        return rows.ToImmutable();
    }

    private StackCalibrationRun Fit(
        DataCatalog catalog, StackDescription stack, ImmutableArray<StackRecipe> recipes, string name, string date, bool writes, List<Diagnostic> diagnostics)
    {
        ImmutableArray<FreeConstant> free = [new FreeConstant(StackConstant.StepScale, "", "")];
        double[] left = LeftOut(free);
        List<FreeConstant> candidates = Candidates(stack, recipes);
        while (free.Length < MostConstants && _configurations.Length >= ConfigurationsPerConstant * (free.Length + 1) && candidates.Count > 0)
        {
            int best = -1;
            double[] bestLeft = left;
            for (int i = 0; i < candidates.Count; i++)
            {
                double[] tried = LeftOut([.. free, candidates[i]]);
                if (StackCalibration.Mean([.. tried]) < StackCalibration.Mean([.. bestLeft]))
                {
                    best = i;
                    bestLeft = tried;
                }
            }

            if (best < 0 || StackCalibration.Mean([.. bestLeft]) > (1 - LeastGain) * StackCalibration.Mean([.. left]))
                break;
            free = free.Add(candidates[best]);
            candidates.RemoveAt(best);
            left = bestLeft;
        }

        var fitter = new StackFitter(_rows, free, _vocabulary);
        FitResult fit = fitter.Fit(3, 1);
        double[] before = new double[_rows.Length];
        double[] after = new double[_rows.Length];
        fitter.Errors(_rows, [.. free.Select(one => fitter.StartOf(one))], before);
        fitter.Errors(_rows, [.. fit.Constants], after);
        double sigma = Spread(stack, left);
        var file = new CalibrationFile { Subject = name, Kind = CalibrationKind.Stacks, Date = date, Fits = Fits(stack, free, fit, after, left, sigma, name) };
        if (writes)
        {
            string path = catalog.CalibrationPath(CalibrationKind.Stacks, name);
            string origin = stack.FittedOn.Length > 0 ? $"constants of {stack.Id}: {stack.FittedOn}" : $"constants of {stack.Id}, not fitted";
            File.WriteAllText(Path.Combine(catalog.DataRoot, "stacks", name + ".yaml"), OwnStackFile.Text(name, stack, _vocabulary, origin));
            file.Write(path);
            CalibrationRows.Write(Path.Combine(Path.GetDirectoryName(path)!, name + ".rows.gz"), _rows.Select(static row => row.Id).Order(StringComparer.Ordinal));
        }

        return new StackCalibrationRun([], Describe(stack, name, free, fit, before, after, left, sigma, writes), [.. diagnostics]) { Fits = file.Fits };
    }

    /// <summary>Log errors of every row by constants fitted without its configuration; of one configuration alone, by the base's.</summary>
    private double[] LeftOut(ImmutableArray<FreeConstant> free)
    {
        double[] errors = new double[_rows.Length];
        int count = Math.Min(Folds, _configurations.Length);
        for (int fold = 0; fold < count; fold++)
        {
            ImmutableArray<StackRow> rest = [.. _rows.Where((_, i) => _folds[i] != fold)];
            ImmutableArray<StackRow> own = [.. _rows.Where((_, i) => _folds[i] == fold)];
            var fitter = new StackFitter(rest.IsEmpty ? own : rest, free, _vocabulary);
            double[] values = rest.IsEmpty ? [.. free.Select(fitter.StartOf)] : [.. fitter.Fit(1, 1).Constants];
            double[] found = new double[own.Length];
            fitter.Errors(own, values, found);
            int at = 0;
            for (int i = 0; i < _rows.Length; i++)
            {
                if (_folds[i] == fold)
                    errors[i] = found[at++];
            }
        }

        return errors;
    }

    /// <summary>What the base's recipes free, on the chips of the rows.</summary>
    private List<FreeConstant> Candidates(StackDescription stack, ImmutableArray<StackRecipe> recipes)
    {
        string basis = stack.BasedOn.Length > 0 ? stack.BasedOn : stack.Id;
        bool hasExperts = _rows.Any(static row => row.Context.Model.HasExperts);
        var found = new List<FreeConstant>();
        foreach (StackRecipe recipe in recipes)
        {
            if (!recipe.Stacks.Contains(basis) || (recipe.Models == "experts" && !hasExperts))
                continue;
            foreach (FreeConstant one in recipe.Free)
            {
                bool isHere = (one.Stack.Length == 0 || one.Stack == basis)
                    && (one.Chip.Length == 0 || _rows.Any(row => row.Context.System.Chip.Id == one.Chip || row.Context.System.Chip.Family == one.Chip));
                FreeConstant own = one with { Stack = "" };
                if (isHere && !found.Contains(own))
                    found.Add(own);
            }
        }

        return found;
    }

    private double Spread(StackDescription stack, double[] left)
    {
        double basis = stack.ResidualSigmaOf("step") is { } own and > 0 ? own : stack.ResidualSigma > 0 ? stack.ResidualSigma : Unfitted();
        // One configuration says nothing of others: what is known of a first use of a stack stands.
        if (_configurations.Length == 1)
            return SignificantDigits.Five(basis);
        double sum = BaseRows * basis * basis;
        foreach (double error in left)
            sum += error * error;
        return SignificantDigits.Five(Math.Sqrt(sum / (BaseRows + left.Length)));
    }

    private double Unfitted() => _vocabulary.Find(StackConstants.NameOf(StackConstant.UnfittedStackSigma))?.Default ?? 0;

    private ImmutableArray<CalibrationFit> Fits(
        StackDescription stack, ImmutableArray<FreeConstant> free, FitResult fit, double[] after, double[] left, double sigma, string name)
    {
        ImmutableArray<CalibrationFit>.Builder fits = ImmutableArray.CreateBuilder<CalibrationFit>();
        foreach (string chip in free.Select(static one => one.Chip).Distinct(StringComparer.Ordinal))
        {
            var constants = ImmutableSortedDictionary.CreateBuilder<string, CalibratedConstant>(StringComparer.Ordinal);
            for (int i = 0; i < free.Length; i++)
            {
                if (free[i].Chip != chip)
                    continue;
                StackConstantDefinition word = _vocabulary.Find(StackConstants.NameOf(free[i].Constant))!;
                constants[word.Name] = new CalibratedConstant(Math.Clamp(SignificantDigits.Five(fit.Constants[i]), word.Low, word.High), word.Low, word.High, word.Unit);
            }

            fits.Add(new CalibrationFit
            {
                Operator = "step",
                Scope = chip,
                Source = _sources,
                Constants = constants.ToImmutable(),
                ResidualSigma = sigma,
                MedianError = SignificantDigits.Five(StackCalibration.Median([.. after])),
                MeanError = SignificantDigits.Five(StackCalibration.Mean([.. after])),
                LeaveOneOutError = _configurations.Length > 1 ? SignificantDigits.Five(StackCalibration.Mean([.. left])) : 0,
                LeaveOneOutBy = _configurations.Length > 1 ? "configuration" : "",
                Chips = [.. _rows.Select(static row => row.Context.System.Chip.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                Families = [.. _rows.Select(static row => row.Context.System.Chip.Family).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
                RowsFitted = _rows.Length,
                RowsFile = name + ".rows.gz",
                Note = $"one's own rows, on the base of {stack.Id}",
            });
        }

        return fits.ToImmutable();
    }

    private ImmutableArray<string> Describe(
        StackDescription stack, string name, ImmutableArray<FreeConstant> free, FitResult fit, double[] before, double[] after, double[] left, double sigma, bool writes)
    {
        ImmutableArray<string>.Builder lines = ImmutableArray.CreateBuilder<string>();
        lines.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {Count(_rows.Length, "row")} of {Count(_configurations.Length, "configuration")}, on the base of {stack.Id}; {Count(free.Length, "constant")} fitted"));
        for (int i = 0; i < free.Length; i++)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  {free[i],-44} {fit.Constants[i],12:G5}{(fit.AtLimit[i] ? "  at its limit" : "")}"));
        lines.Add(Errors($"as {stack.Id} says", before));
        lines.Add(Errors("fitted", after));
        if (_configurations.Length > 1)
            lines.Add(Errors("configurations left out in turn", left));
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"  80 % interval on these chips: -{1 - Math.Exp(-EightyPercentInterval.Deviations * sigma):P0}, +{Math.Exp(EightyPercentInterval.Deviations * sigma) - 1:P0}"));
        for (int i = 0; i < _rows.Length && i < 10; i++)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"  {_rows[i].Id,-44} measured {_rows[i].MeasuredStep,9:G4} s, predicted {_rows[i].MeasuredStep * Math.Exp(after[i]),9:G4} s"));
        if (fit.AtLimit.Contains(true))
            lines.Add($"  a constant at its limit says that {stack.Id} is the wrong one to begin with, or that a row does not say what ran: try another base (list stacks)");
        if (_configurations.Length < 2 * ConfigurationsPerConstant)
            lines.Add($"  more constants than one are fitted from {2 * ConfigurationsPerConstant} configurations on");
        if (writes)
            lines.Add($"  train --stack {name} uses it; data/stacks/{name}.yaml and data/calibration/stacks/{name}.yaml hold it");
        return lines.ToImmutable();
    }

    private static string Count(int number, string word) => string.Create(CultureInfo.InvariantCulture, $"{number} {word}{(number == 1 ? "" : "s")}");

    private static string Errors(string what, double[] errors) => string.Create(
        CultureInfo.InvariantCulture, $"  {what}: median {StackCalibration.Median([.. errors]):P1}, mean {StackCalibration.Mean([.. errors]):P1}");
}
