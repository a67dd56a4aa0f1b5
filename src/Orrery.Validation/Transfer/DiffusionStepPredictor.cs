using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Training;
using Orrery.Units;
using Orrery.Validation.Scoring;

namespace Orrery.Validation.Transfer;

using Prediction = Orrery.Validation.Scoring.Prediction;

/// <summary>
/// Time of a denoising step on one chip: the forward pass of every layer and of the products outside them, tensor-parallel over the chip's ranks, as the
/// step model prices it. Constants that the stack has for the chip itself are left out, so that what is fitted on other chips of the family is on trial.
/// </summary>
public sealed class DiffusionStepPredictor(DataCatalog catalog)
{
    private readonly TrainingContextFactory factory = new(catalog);

    /// <summary>Predicts the milliseconds of one row.</summary>
    public Prediction Predict(DiffusionCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Result<SystemDescription> system = catalog.System(row.Origin.System);
        Result<StackDescription> stack = catalog.Stack(row.Origin.Stack);
        Result<ModelArchitecture> model = ModelLoader.Load(row.ModelConfig, catalog.DataRoot);
        if (system.Value is null || stack.Value is null || model.Value is null)
            return Prediction.Skip(system.Diagnostics.Concat(stack.Diagnostics).Concat(model.Diagnostics).First().Message);
        if (system.Value.Chip.Id != row.Chip)
            return Prediction.Skip($"the chip of {system.Value.Id} is {system.Value.Chip.Id}, not '{row.Chip}'");
        string size = string.Create(CultureInfo.InvariantCulture, $"{row.Height}x{row.Width}");
        Result<ModelArchitecture> trained = new ModelInputs(ImageSize: size, Frames: row.Frames).Apply(model.Value, null, out int? tokens);
        if (trained.Value is not { } network || tokens is null)
            return Prediction.Skip(trained.Diagnostics is [var wrong, ..] ? wrong.Message : $"{row.ModelConfig} makes no images");

        ChipDescription chip = system.Value.Chip;
        Result<ForwardPass> made = ForwardPass.Create(factory, network, system.Value, stack.Value);
        if (made.Value is not { } pass)
            return Prediction.Skip(made.Diagnostics[0].Message);
        if (pass.Of(new Plan { TensorParallel = chip.RanksPerChip, Sequence = tokens.Value, GlobalBatch = 1 }) is not { Seconds: double seconds })
            return Prediction.Skip($"{network.Name} cannot be laid on the {chip.RanksPerChip} ranks of one chip");

        double half = pass.HalfWidth;
        double atPeak = ModelFlops.PerSequence(network, tokens.Value).Forward / TrainingRunner.PeakOf(chip, NumberFormat.Bf16);
        double ms = seconds * 1e3;
        return Prediction.Of(
            ms, ms * Math.Exp(-half), ms * Math.Exp(half),
            string.Create(CultureInfo.InvariantCulture, $"{tokens} patches, {chip.RanksPerChip} ranks of one chip"), atPeak * 1e3);
    }

    /// <summary>Half-width of the interval of a ratio of two chips: what one chip may differ from another under a stack, in logarithms.</summary>
    public double RatioHalfWidth(string stack) =>
        factory.Defaults().Value is { } values && catalog.Stack(stack).Value is { } description
            ? EightyPercentInterval.Deviations * (description.Constants.TryGetValue(StackConstants.NameOf(StackConstant.UnseenChipSigma), out ConstantReading? own)
                ? own.Value
                : values[(int)StackConstant.UnseenChipSigma])
            : 0;
}
