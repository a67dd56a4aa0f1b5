using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Validation.Collectives;
using Orrery.Validation.Inference;
using Orrery.Validation.Kernels;
using Orrery.Validation.Prediction;
using Orrery.Validation.Scoring;
using Orrery.Validation.Transfer;

namespace Orrery.Cli.Verbs;

/// <summary>One validation, whatever it was of.</summary>
/// <param name="Report">Null where a file could not be read as it stands.</param>
/// <param name="Regret">Of ranking plans, for training.</param>
public sealed record ValidationAnswer(ValidationReport? Report, PlanRegret? Regret, ImmutableArray<Diagnostic> Diagnostics)
{
    /// <summary>Kernels by operator and format, by chip, by regime; empty for the others.</summary>
    public ImmutableArray<GroupReport> Regimes { get; init; } = [];

    /// <summary>Operators of chips, or closed loops of engines, predicted with other constants than their own; empty for the others.</summary>
    public ImmutableArray<CarriedConstants> Carried { get; init; } = [];

    /// <summary>Scores <paramref name="kind"/> (training, collectives, kernels, memory, transfer) on the given files, or on the catalogue's own where there are none.</summary>
    /// <param name="constantsOf">Prices training cases with the constants of this stack.</param>
    public static ValidationAnswer Of(string kind, DataCatalog catalog, ImmutableArray<string> files, StackDescription? constantsOf = null)
    {
        if (kind == "kernels")
        {
            KernelValidation kernels = KernelValidation.Run(catalog, files);
            return new(kernels.Report, null, kernels.Diagnostics) { Regimes = kernels.Regimes, Carried = kernels.Carried };
        }

        if (kind == "inference")
        {
            InferenceValidation inference = InferenceValidation.Run(catalog, files);
            return new(inference.Report, null, inference.Diagnostics) { Carried = inference.Others };
        }

        if (kind == "collectives")
        {
            CollectiveValidation collectives = CollectiveValidation.Run(catalog, files);
            return new(collectives.Report, null, collectives.Diagnostics);
        }

        if (kind == "transfer")
        {
            TransferValidation transfer = TransferValidation.Run(catalog, files);
            return new(transfer.Report, null, transfer.Diagnostics);
        }

        Result<CaseDetails> networks = CaseDetails.Load(catalog.DataRoot);
        if (networks.Value is null)
            return new(null, null, networks.Diagnostics);
        CaseContexts contexts = new(catalog, networks.Value, constantsOf);
        if (kind == "memory")
        {
            MemoryValidation memory = MemoryValidation.Run(catalog, new MemoryPredictor(contexts), files);
            return new(memory.Report, null, memory.Diagnostics);
        }

        TrainingValidation training = TrainingValidation.Run(catalog, new TrainingStepPredictor(contexts), files, constantsOf);
        return new(training.Report, training.Regret, training.Diagnostics);
    }
}
