using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Chips;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Kernels;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Tpu;

using Prediction = Orrery.Validation.Scoring.Prediction;

/// <summary>
/// Predicts the isolated time of measured TPU kernels on one device, with the 80 % interval of the constants used; beside it the roofline of the
/// device's share of the chip.
/// </summary>
public sealed class TpuKernelPredictor(DataCatalog catalog) : ICasePredictor<KernelCase>
{
    private readonly ChipModelFactory factory = new(catalog);
    private readonly Dictionary<string, ChipModel?> models = new(StringComparer.Ordinal);

    /// <summary>True where a case file means a TPU of the catalogue by this name.</summary>
    public bool Knows(string chip) => ModelOf(chip) is not null;

    /// <inheritdoc/>
    public Prediction Predict(KernelCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (ModelOf(row.Chip) is not { } model)
            return Prediction.Skip($"the chip '{row.Chip}' is not a TPU of the catalogue");
        if (!KernelReading.TryRead(row, out Operator work, out string why))
            return Prediction.Skip(why);
        if (row.Origin.PrimaryMetric != "time_us")
            return Prediction.Skip($"the metric {row.Origin.PrimaryMetric} is not predicted");
        double time = model.Cost(work).Isolated.Value * 1e6;
        double spread = EightyPercentInterval.Factor(model.Sigma(work));
        double roofline = GpuKernelPredictor.Roofline(model.Chip, work) * model.RanksPerChip * 1e6;
        return Prediction.Of(time, time / spread, time * spread, "", roofline);
    }

    private ChipModel? ModelOf(string name)
    {
        if (!models.TryGetValue(name, out ChipModel? model))
        {
            ChipDescription? chip = catalog.Chip(name).Value;
            models[name] = model = chip is { Architecture: ChipArchitecture.Tpu } ? factory.Create(chip, chip.RanksPerChip, GpuModelOptions.Training).Value : null;
        }

        return model;
    }
}
