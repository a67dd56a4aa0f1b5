using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Chips.Neuron;

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
                Result<CalibrationFile> file = catalog.Calibration(CalibrationKind.Chips, chip.Id);
                if (file.Value is null)
                    return new Result<ChipModel>(null, file.Diagnostics);
                Result<NeuronChipModel> neuron = NeuronCalibration.Create(chip, ranksPerChip, file.Value);
                return new Result<ChipModel>(neuron.Value, neuron.Diagnostics);
            default:
                return new Result<ChipModel>(
                    null,
                    [new Diagnostic(Severity.Error, "ORR2001", chip.Id, 0, 0, $"there is no machine model for the {chip.Architecture} architecture of {chip.Name} yet")]);
        }
    }
}
