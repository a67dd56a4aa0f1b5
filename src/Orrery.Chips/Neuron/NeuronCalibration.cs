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
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        ImmutableSortedDictionary<NumberFormat, double>.Builder shares = ImmutableSortedDictionary.CreateBuilder<NumberFormat, double>();
        double bf16Sigma = 0;
        string fitted = "";
        foreach (CalibrationFit fit in file.Fits)
        {
            if (fit.Operator != Matmul)
                continue;
            if (!NumberFormats.TryParse(fit.Format, out NumberFormat format))
            {
                Complain(diagnostics, file, $"'{fit.Format}' is not a number format");
                continue;
            }

            shares[format] = Constant(diagnostics, file, fit, TensorShare);
            if (format == NumberFormat.Bf16)
            {
                bf16Sigma = fit.ResidualSigma;
                fitted = string.Create(CultureInfo.InvariantCulture, $"{fit.RowsFitted} rows of products");
            }
        }

        if (!shares.ContainsKey(NumberFormat.Bf16))
            Complain(diagnostics, file, $"no fit of '{Matmul}' in bf16");
        CalibrationFit? engines = file.Find(Engines);
        NeuronConstants constants = new()
        {
            TensorShare = shares.ToImmutable(),
            MemoryShare = Constant(diagnostics, file, engines, "memoryShare"),
            InstructionOverhead = Constant(diagnostics, file, engines, "instructionOverhead"),
            Overlap = Constant(diagnostics, file, engines, "overlap"),
            DescriptorTime = Constant(diagnostics, file, engines, "descriptorTime"),
            TwoInputShare = Constant(diagnostics, file, engines, "twoInputShare"),
            AttentionBlock = Constant(diagnostics, file, engines, "attentionBlock"),
            OptimizerPasses = Constant(diagnostics, file, engines, "optimizerPasses"),
        };
        NeuronAccuracy accuracy = new(
            bf16Sigma,
            Sigma(diagnostics, file, Attention),
            Sigma(diagnostics, file, Decode),
            Sigma(diagnostics, file, Elementwise),
            $"instruction cost rules of the NeuronCore; constants of {file.Subject} from {fitted}, {file.Date}; attention, decode and element-wise work not validated");
        NeuronCalibration? calibration = diagnostics.Count == 0 ? new(constants, accuracy) : null;
        return new(calibration, diagnostics.ToImmutable());
    }

    private static double Sigma(ImmutableArray<Diagnostic>.Builder diagnostics, CalibrationFile file, string operatorName)
    {
        if (file.Find(operatorName) is { } fit)
            return fit.ResidualSigma;
        Complain(diagnostics, file, $"no fit of '{operatorName}'");
        return 0;
    }

    private static double Constant(ImmutableArray<Diagnostic>.Builder diagnostics, CalibrationFile file, CalibrationFit? fit, string name)
    {
        if (fit is not null && fit.Constants.TryGetValue(name, out CalibratedConstant? constant))
            return constant.Value;
        Complain(diagnostics, file, fit is null ? $"no fit of '{Engines}', which holds '{name}'" : $"'{fit.Operator}' lacks the constant '{name}'");
        return 1;
    }

    private static void Complain(ImmutableArray<Diagnostic>.Builder diagnostics, CalibrationFile file, string message) =>
        diagnostics.Add(new Diagnostic(Severity.Error, DiagnosticCode.MissingKey, $"data/calibration/chips/{file.Subject}.yaml", 0, 0, message));
}
