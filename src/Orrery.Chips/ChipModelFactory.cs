using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Chips.Neuron;
using Orrery.Chips.Tpu;

namespace Orrery.Chips;

/// <summary>Makes the machine model of a chip from its description and calibration. Calibrations are read once. For one thread.</summary>
public sealed class ChipModelFactory(DataCatalog catalog)
{
    private GpuKernelLibrary? kernels;

    /// <summary>The model of <paramref name="chip"/> with <paramref name="ranksPerChip"/> ranks sharing it, for operators inside a training step or a benchmark.</summary>
    public Result<ChipModel> Create(ChipDescription chip, int ranksPerChip, GpuModelOptions options)
    {
        var diagnostics = new List<Diagnostic>();
        switch (chip.Architecture)
        {
            case ChipArchitecture.Gpu:
                kernels ??= GpuKernelLibrary.Open(catalog, diagnostics);
                return new Result<ChipModel>(kernels is null ? null : new GpuChipModel(chip, kernels, options), [.. diagnostics]);
            case ChipArchitecture.Neuron:
                (CalibrationFile? neuronFile, double neuronSpread) = CalibrationFor(chip, diagnostics);
                if (neuronFile is null)
                    return new Result<ChipModel>(null, [.. diagnostics]);
                Result<NeuronChipModel> neuron = NeuronCalibration.Create(chip, ranksPerChip, neuronFile, neuronSpread, options.ProductHasQuantising);
                return new Result<ChipModel>(neuron.Value, neuron.Diagnostics);
            case ChipArchitecture.Tpu:
                (CalibrationFile? tpuFile, double tpuSpread) = CalibrationFor(chip, diagnostics);
                if (tpuFile is null)
                    return new Result<ChipModel>(null, [.. diagnostics]);
                Result<TpuChipModel> tpu = TpuCalibration.Create(chip, ranksPerChip, tpuFile, tpuSpread);
                return new Result<ChipModel>(tpu.Value, tpu.Diagnostics);
            default:
                return new Result<ChipModel>(
                    null,
                    [new Diagnostic(Severity.Error, "ORR2001", chip.Id, 0, 0, $"there is no machine model for the {chip.Architecture} architecture of {chip.Name} yet")]);
        }
    }

    /// <summary>
    /// The calibration of a chip, else that of the nearest chip that has one (<c>nearestChips</c> of <c>data/calibration/operators.yaml</c>, by chip or else by
    /// family) with the spread to add for it; null with diagnostics where there is none at all.
    /// </summary>
    public (CalibrationFile? File, double AddedSpread) CalibrationFor(ChipDescription chip, ICollection<Diagnostic> diagnostics)
    {
        ArgumentNullException.ThrowIfNull(chip);
        ArgumentNullException.ThrowIfNull(diagnostics);
        if (Own(chip.Id, diagnostics) is { } own)
            return (own, 0);
        kernels ??= GpuKernelLibrary.Open(catalog, diagnostics);
        if (kernels is null)
            return (null, 0);
        OperatorVocabulary vocabulary = kernels.Vocabulary;
        bool isListed = vocabulary.NearestChips.TryGetValue(chip.Id, out ImmutableArray<string> near);
        if (!isListed)
            near = vocabulary.NearestChips.GetValueOrDefault(chip.Family, []);
        foreach (string id in near)
        {
            if (id != chip.Id && Own(id, diagnostics) is { } file)
                return (file, isListed ? vocabulary.ChipSigma : vocabulary.FamilySigma);
        }

        diagnostics.Add(new Diagnostic(
            Severity.Error, "ORR2001", chip.Id, 0, 0, $"there is no calibration of {chip.Name} and none of a chip near it; data/calibration/operators.yaml lists such chips under 'nearestChips'"));
        return (null, 0);
    }

    private CalibrationFile? Own(string id, ICollection<Diagnostic> diagnostics)
    {
        Result<CalibrationFile> file = catalog.Calibration(CalibrationKind.Chips, id);
        foreach (Diagnostic diagnostic in file.Diagnostics)
            diagnostics.Add(diagnostic);
        return file.Value is { Fits.IsEmpty: false } found ? found : null;
    }
}
