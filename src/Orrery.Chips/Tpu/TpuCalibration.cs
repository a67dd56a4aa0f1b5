using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;

namespace Orrery.Chips.Tpu;

/// <summary>Constants of a TPU and how far they can be trusted, read from its calibration file.</summary>
public sealed record TpuCalibration(TpuConstants Constants, TpuAccuracy Accuracy)
{
    /// <summary>Operator names of the calibration file.</summary>
    public const string Matmul = "matmul";

    public const string Attention = "attention";

    public const string Elementwise = "elementwise";

    /// <summary>Makes the model of <paramref name="chip"/>; diagnostics name what its calibration file lacks.</summary>
    /// <param name="added">Spread added, in quadrature, where the file is another chip's.</param>
    public static Result<TpuChipModel> Create(ChipDescription chip, int ranksPerChip, CalibrationFile file, double added = 0)
    {
        ArgumentNullException.ThrowIfNull(chip);
        Result<TpuCalibration> read = Read(file);
        if (read.Value is not { } found)
            return new(null, read.Diagnostics);
        TpuAccuracy accuracy = file.Subject == chip.Id ? found.Accuracy : found.Accuracy.Borrowed(chip.Id, added);
        return new(new TpuChipModel(chip, ranksPerChip, found.Constants, accuracy), read.Diagnostics);
    }

    /// <summary>Reads the constants; every one of <see cref="TpuConstants"/> must be there.</summary>
    public static Result<TpuCalibration> Read(CalibrationFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        TpuConstants constants = new()
        {
            Launch = Constant(diagnostics, file, Matmul, "launch"),
            MatrixShare = Constant(diagnostics, file, Matmul, "matrixShare"),
            Overlap = Constant(diagnostics, file, Matmul, "overlap"),
            LeadBytes = Constant(diagnostics, file, Matmul, "leadBytes"),
            ResidentShare = Constant(diagnostics, file, Matmul, "residentShare"),
            ScoreOperations = Constant(diagnostics, file, Attention, "scoreOperations"),
            ScoreGradientOperations = Constant(diagnostics, file, Attention, "scoreGradientOperations"),
            AttentionBlock = Constant(diagnostics, file, Attention, "attentionBlock"),
            MemoryShare = Constant(diagnostics, file, Elementwise, "memoryShare"),
            ElementOperations = Constant(diagnostics, file, Elementwise, "elementOperations"),
            OptimizerOperations = Constant(diagnostics, file, Elementwise, "optimizerOperations"),
        };
        int rows = file.Find(Matmul)?.RowsFitted ?? 0;
        TpuAccuracy accuracy = new(
            file.Find(Matmul)?.ResidualSigma ?? 0,
            file.Find(Attention)?.ResidualSigma ?? 0,
            file.Find(Elementwise)?.ResidualSigma ?? 0,
            string.Create(CultureInfo.InvariantCulture, $"units of the TensorCore; products of {file.Subject} fitted on {rows} rows, {file.Date}; attention and element-wise work not validated"));
        return new(diagnostics.Count == 0 ? new(constants, accuracy) : null, diagnostics.ToImmutable());
    }

    private static double Constant(ImmutableArray<Diagnostic>.Builder diagnostics, CalibrationFile file, string operatorName, string name)
    {
        CalibrationFit? fit = file.Find(operatorName);
        if (fit is not null && fit.Constants.TryGetValue(name, out CalibratedConstant? constant))
            return constant.Value;
        string message = fit is null ? $"no fit of '{operatorName}', which holds '{name}'" : $"'{operatorName}' lacks the constant '{name}'";
        diagnostics.Add(new Diagnostic(Severity.Error, DiagnosticCode.MissingKey, $"data/calibration/chips/{file.Subject}.yaml", 0, 0, message));
        return 1;
    }
}
