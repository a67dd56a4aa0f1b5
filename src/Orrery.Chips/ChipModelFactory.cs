using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Gpu;

namespace Orrery.Chips;

/// <summary>Makes the machine model of a chip from its description and calibration. Safe to keep; calibrations are read once.</summary>
public sealed class ChipModelFactory(string dataRoot)
{
    private GpuKernelLibrary? kernels;

    /// <summary>The model of <paramref name="chip"/> with <paramref name="ranksPerChip"/> ranks sharing it, for operators inside a training step or a benchmark.</summary>
    public Result<ChipModel> Create(ChipDescription chip, int ranksPerChip, GpuModelOptions options)
    {
        var diagnostics = new List<Diagnostic>();
        switch (chip.Architecture)
        {
            case ChipArchitecture.Gpu:
                kernels ??= GpuKernelLibrary.Open(dataRoot, diagnostics);
                return new Result<ChipModel>(kernels is null ? null : new GpuChipModel(chip, kernels, options), [.. diagnostics]);
            default:
                return new Result<ChipModel>(
                    null,
                    [new Diagnostic(Severity.Error, "ORR2001", chip.Id, 0, 0, $"there is no machine model for the {chip.Architecture} architecture of {chip.Name} yet")]);
        }
    }
}
