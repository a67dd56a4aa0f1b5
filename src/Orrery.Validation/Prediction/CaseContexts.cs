using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Training;
using Orrery.Validation.Reading;

namespace Orrery.Validation.Prediction;

/// <summary>Training contexts of published cases, one for each model, system, chip, network and stack, made when first asked for. For one thread.</summary>
/// <param name="constantsOf">Prices every case with the constants of this stack, keeping what the case's own stack states about itself: how far constants carry.</param>
public sealed class CaseContexts(DataCatalog catalog, CaseDetails details, StackDescription? constantsOf = null)
{
    private readonly TrainingContextFactory factory = new(catalog);
    private readonly Dictionary<(string, string, string, string), CaseContext> made = [];
    private readonly Dictionary<string, Result<SystemDescription>> systems = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Result<StackDescription>> stacks = new(StringComparer.Ordinal);

    /// <summary>The context of a case, or why there is none.</summary>
    public CaseContext? Find(TrainingCaseInputs inputs, out string why)
    {
        why = "";
        string systemKey = $"{inputs.System}/{inputs.Chip}/{inputs.Chips}";
        if (!systems.TryGetValue(systemKey, out Result<SystemDescription>? system))
        {
            system = catalog.System(inputs.System, inputs.Chip);
            if (system.Value is not null)
                system = new Result<SystemDescription>(SystemSlices.Fit(system.Value, inputs.Chips), system.Diagnostics);
            systems[systemKey] = system;
        }

        // Jobs on slices of one shape share a context, whatever their number.
        int domain = system.Value?.ChipsPerScaleUpDomain ?? 0;
        (string, string, string, string) key = (ModelKey(inputs), inputs.System, $"{inputs.Chip}/{inputs.RanksPerChip}/{domain}/{inputs.Job.Network}", inputs.Stack);
        if (made.TryGetValue(key, out CaseContext? known))
            return known;
        if (!stacks.TryGetValue(inputs.Stack, out Result<StackDescription>? stack))
            stacks[inputs.Stack] = stack = catalog.Stack(inputs.Stack);
        if (system.Value is null || stack.Value is null)
        {
            why = First(system.Value is null ? system.Diagnostics : stack.Diagnostics);
            return null;
        }

        StackDescription priced = constantsOf is null
            ? stack.Value
            : stack.Value with { Constants = constantsOf.Constants, OnChip = constantsOf.OnChip, ResidualSigma = constantsOf.ResidualSigma, ResidualSigmas = constantsOf.ResidualSigmas };
        Result<TrainingContext> context = factory.Create(inputs.Architecture, details.Apply(system.Value, inputs.Job.Network), priced, inputs.RanksPerChip);
        if (context.Value is null)
        {
            why = First(context.Diagnostics);
            return null;
        }

        double[] values = StackConstants.FileValues(priced, system.Value.Chip, factory.Defaults().Value!);
        var fresh = new CaseContext(context.Value, values);
        made[key] = fresh;
        return fresh;
    }

    /// <summary>The plan of a case: its columns, the stack's defaults, and what its notes say.</summary>
    public Plan PlanOf(TrainingCaseInputs inputs, CaseContext found)
    {
        StackDescription stack = found.Context.Stack;
        return CasePlan.Of(inputs, stack) with
        {
            OverlapsTensorParallel = stack.OverlapsTensorParallel || details.Says(CaseFeature.OverlappedTensorParallel, inputs.Stack, inputs.Job.Notes),
            // Published runs that drop tokens balance them by force: every expert gets its even share and no more.
            CapacityFactor = details.Says(CaseFeature.DroppedTokens, inputs.Stack, inputs.Job.Notes) ? 1 : 0,
        };
    }

    private static string ModelKey(TrainingCaseInputs inputs) => string.Create(
        CultureInfo.InvariantCulture,
        $"{inputs.Architecture.Name}|{inputs.Architecture.Layers}|{inputs.Architecture.Hidden}|{inputs.Architecture.Vocabulary}|{inputs.Architecture.LossPositionFraction}|{inputs.Architecture.LayerKinds[0].GetHashCode()}");

    private static string First(ImmutableArray<Diagnostic> diagnostics) => diagnostics.Length > 0 ? diagnostics[0].Message : "unknown";
}
