using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Chips.Gpu;
using Orrery.Fabric;
using Orrery.Models;

namespace Orrery.Training;

/// <summary>Builds <see cref="TrainingContext"/>s from a data folder; chip models are shared, contexts are not.</summary>
public sealed class TrainingContextFactory(DataCatalog catalog)
{
    private readonly ChipModelFactory chips = new(catalog);
    private readonly ClosedFormFactory collectives = new(catalog.DataRoot);
    private readonly Dictionary<string, ChipModel> made = new(StringComparer.Ordinal);
    private double[]? defaults;

    /// <summary>Defaults of the constants' vocabulary in the order of <see cref="StackConstant"/>, or diagnostics.</summary>
    public Result<double[]> Defaults()
    {
        if (defaults is not null)
            return new Result<double[]>(defaults, []);
        Result<StackVocabulary> vocabulary = catalog.Vocabulary();
        if (vocabulary.Value is null)
            return new Result<double[]>(null, vocabulary.Diagnostics);
        var values = new double[StackConstants.Count];
        for (int i = 0; i < values.Length; i++)
        {
            string name = StackConstants.NameOf((StackConstant)i);
            if (vocabulary.Value.Find(name) is not { } word)
                return new Result<double[]>(null, [new Diagnostic(Severity.Error, "ORR2002", "data/stacks/constants.yaml", 0, 0, $"the constant '{name}' is missing")]);
            values[i] = word.Default;
        }

        defaults = values;
        return new Result<double[]>(values, vocabulary.Diagnostics);
    }

    /// <summary>
    /// A context; <paramref name="ranksPerChip"/> 0 takes the chip's default. Chip models are shared by chip id unless <paramref name="isShared"/> is
    /// false, for a chip whose figures were changed. <paramref name="network"/> may put flows or bounds in place of the formulas of collectives.
    /// </summary>
    public Result<TrainingContext> Create(
        ModelArchitecture model, SystemDescription system, StackDescription stack, int ranksPerChip = 0, bool isShared = true,
        Func<ClosedFormCollectives, CollectiveModel>? network = null)
    {
        Result<double[]> values = Defaults();
        if (values.Value is null)
            return new Result<TrainingContext>(null, values.Diagnostics);
        int ranks = ranksPerChip > 0 ? ranksPerChip : system.Chip.RanksPerChip;
        string key = string.Create(CultureInfo.InvariantCulture, $"{system.Chip.Id}\n{ranks}");
        if (!isShared || !made.TryGetValue(key, out ChipModel? chip))
        {
            Result<ChipModel> fresh = chips.Create(system.Chip, ranks, GpuModelOptions.Training);
            if (fresh.Value is null)
                return new Result<TrainingContext>(null, fresh.Diagnostics);
            chip = fresh.Value;
            if (isShared)
                made[key] = chip;
        }

        // The share of the network's line rate is the stack's; the fabric answers at the full rate.
        Result<ClosedFormCollectives> fabric = collectives.Create(system, 1);
        if (fabric.Value is null)
            return new Result<TrainingContext>(null, fabric.Diagnostics);
        double[] constants = StackConstants.FileValues(stack, system.Chip, values.Value);
        return new Result<TrainingContext>(new TrainingContext(model, system, stack, constants, chip, network?.Invoke(fabric.Value) ?? fabric.Value), []);
    }
}
