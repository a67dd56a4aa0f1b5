using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Validation.Cases;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Everything <c>orrery validate training</c> does between its flags and its printing.</summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
/// <param name="Regret">Of ranking plans; null where no set of plans is large enough.</param>
public sealed record TrainingValidation(ValidationReport? Report, PlanRegret? Regret, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Reads cases and conventions, predicts and scores.</summary>
    /// <param name="catalog">Chips for the baseline, calibrations for what was fitted.</param>
    /// <param name="predictor">Predicts step times.</param>
    /// <param name="caseFiles">Files of cases; empty is the catalogue's own.</param>
    /// <param name="constantsOf">
    /// The predictor takes the constants of this stack for every case: those on chips of families it was never fitted on are left out, and only rows it was
    /// fitted on itself count as fitted.
    /// </param>
    public static TrainingValidation Run(DataCatalog catalog, ITrainingPredictor predictor, ImmutableArray<string> caseFiles, StackDescription? constantsOf = null)
    {
        ImmutableArray<string> files = caseFiles.IsDefaultOrEmpty ? ValidationFiles.Training(catalog.DataRoot) : caseFiles;
        ImmutableArray<TrainingCase>.Builder rows = ImmutableArray.CreateBuilder<TrainingCase>();
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        bool failed = false;
        foreach (string path in files)
        {
            CaseFile<TrainingCase> file = TrainingCase.Read(path);
            rows.AddRange(file.Cases);
            diagnostics.AddRange(file.Diagnostics);
            failed |= file.HasErrors;
        }

        Result<CaseConventions> conventions = CaseConventions.Load(catalog.DataRoot);
        diagnostics.AddRange(conventions.Diagnostics);
        if (failed || conventions.Value is null)
            return new TrainingValidation(null, null, diagnostics.ToImmutable());

        ImmutableArray<TrainingCase> cases = constantsOf is null ? rows.ToImmutable()
            : [.. rows.Where(row => catalog.Chip(row.Job.Chip).Value is { } chip && constantsOf.FittedFamilies.Contains(chip.Family))];
        CaseReader reader = new(conventions.Value, new ModelLibrary(catalog.DataRoot));
        CalibrationEvidence evidence = CalibrationEvidence.Load(catalog, constantsOf?.Id);
        ValidationReport report = new TrainingScorer(reader, conventions.Value, new StatedPeak(catalog).Of)
            .Score(cases, predictor, evidence.Fitted, evidence.LeaveOneOut);
        return new TrainingValidation(report, PlanRegret.Of(cases, reader, predictor), diagnostics.ToImmutable());
    }
}
