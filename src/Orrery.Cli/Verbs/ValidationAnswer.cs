using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Validation.Prediction;
using Orrery.Validation.Scoring;

namespace Orrery.Cli.Verbs;

/// <summary>One validation, whatever it was of.</summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
/// <param name="Regret">Of ranking plans, for training.</param>
public sealed record ValidationAnswer(ValidationReport? Report, PlanRegret? Regret, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Scores <paramref name="kind"/> (training, kernels, memory) on the given files, or on the catalogue's own where there are none.</summary>
    public static ValidationAnswer Of(string kind, DataCatalog catalog, ImmutableArray<string> files)
    {
        Result<CaseDetails> networks = CaseDetails.Load(catalog.DataRoot);
        if (networks.Value is null)
            return new(null, null, networks.Diagnostics);
        CaseContexts contexts = new(catalog, networks.Value);
        if (kind == "memory")
        {
            MemoryValidation memory = MemoryValidation.Run(catalog, new MemoryPredictor(contexts), files);
            return new(memory.Report, null, memory.Diagnostics);
        }

        TrainingValidation training = TrainingValidation.Run(catalog, new TrainingStepPredictor(contexts), files);
        return new(training.Report, training.Regret, training.Diagnostics);
    }
}
