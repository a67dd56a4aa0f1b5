using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Chips.Neuron;

/// <summary>Constants of a Neuron chip and how far they can be trusted, read from its calibration file.</summary>
public sealed record NeuronCalibration(NeuronConstants Constants, NeuronAccuracy Accuracy)
{
    /// <summary>Operator names of the calibration file: one for what all operators share, one a class.</summary>
    public const string Engines = "engines";

    public const string Matmul = "matmul";

    public const string Attention = "attention";

    public const string Decode = "decode";

    public const string Elementwise = "elementwise";

    /// <summary>The share of the tensor engine that <see cref="Matmul"/> holds, one fit a number format.</summary>
    public const string TensorShare = "tensorShare";

    /// <summary>Makes the model of <paramref name="chip"/>; diagnostics name what its calibration file lacks.</summary>
    /// <param name="added">Spread added, in quadrature, where the file is another chip's.</param>
    /// <param name="productHasQuantising">Products cast their activations; false where casts are operators of their own.</param>
    public static Result<NeuronChipModel> Create(
        ChipDescription chip, int ranksPerChip, CalibrationFile file, double added = 0, bool productHasQuantising = true)
    {
        ArgumentNullException.ThrowIfNull(chip);
        Result<NeuronCalibration> read = Read(file);
        if (read.Value is not { } found)
            return new(null, read.Diagnostics);
        NeuronAccuracy accuracy = file.Subject == chip.Id ? found.Accuracy : found.Accuracy.Borrowed(chip.Id, added);
        return new(new NeuronChipModel(chip, ranksPerChip, found.Constants, accuracy, productHasQuantising), read.Diagnostics);
    }

    /// <summary>Reads the constants; every one of <see cref="NeuronConstants"/> must be there.</summary>
    public static Result<NeuronCalibration> Read(CalibrationFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        CalibrationReading reading = new(file);
        ImmutableSortedDictionary<NumberFormat, double>.Builder shares = ImmutableSortedDictionary.CreateBuilder<NumberFormat, double>();
        double bf16Sigma = 0;
        string fitted = "";
        foreach (CalibrationFit fit in file.Fits)
        {
            if (fit.Operator != Matmul)
                continue;
            if (!NumberFormats.TryParse(fit.Format, out NumberFormat format))
            {
                reading.Complain($"'{fit.Format}' is not a number format");
                continue;
            }

            shares[format] = reading.Constant(fit, TensorShare);
            if (format == NumberFormat.Bf16)
            {
                bf16Sigma = fit.ResidualSigma;
                fitted = string.Create(CultureInfo.InvariantCulture, $"{fit.RowsFitted} rows of products");
            }
        }

        if (!shares.ContainsKey(NumberFormat.Bf16))
            reading.Complain($"no fit of '{Matmul}' in bf16");
        NeuronConstants constants = new()
        {
            TensorShare = shares.ToImmutable(),
            MemoryShare = reading.Constant(Engines, "memoryShare"),
            InstructionOverhead = reading.Constant(Engines, "instructionOverhead"),
            Overlap = reading.Constant(Engines, "overlap"),
            DescriptorTime = reading.Constant(Engines, "descriptorTime"),
            TwoInputShare = reading.Constant(Engines, "twoInputShare"),
            AttentionBlock = reading.Constant(Engines, "attentionBlock"),
            OptimizerPasses = reading.Constant(Engines, "optimizerPasses"),
        };
        NeuronAccuracy accuracy = new(
            bf16Sigma,
            Sigma(reading, file, Attention),
            Sigma(reading, file, Decode),
            Sigma(reading, file, Elementwise),
            $"instruction cost rules of the NeuronCore; constants of {file.Subject} from {fitted}, {file.Date}; attention, decode and element-wise work not validated");
        NeuronCalibration? calibration = reading.IsComplete ? new(constants, accuracy) : null;
        return new(calibration, reading.Diagnostics);
    }

    private static double Sigma(CalibrationReading reading, CalibrationFile file, string operatorName)
    {
        if (file.Find(operatorName) is { } fit)
            return fit.ResidualSigma;
        reading.Complain($"no fit of '{operatorName}'");
        return 0;
    }
}
