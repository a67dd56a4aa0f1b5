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
        CalibrationReading reading = new(file);
        TpuConstants constants = new()
        {
            Launch = reading.Constant(Matmul, "launch"),
            MatrixShare = reading.Constant(Matmul, "matrixShare"),
            Overlap = reading.Constant(Matmul, "overlap"),
            LeadBytes = reading.Constant(Matmul, "leadBytes"),
            ResidentShare = reading.Constant(Matmul, "residentShare"),
            ScoreOperations = reading.Constant(Attention, "scoreOperations"),
            ScoreGradientOperations = reading.Constant(Attention, "scoreGradientOperations"),
            AttentionBlock = reading.Constant(Attention, "attentionBlock"),
            MemoryShare = reading.Constant(Elementwise, "memoryShare"),
            ElementOperations = reading.Constant(Elementwise, "elementOperations"),
            OptimizerOperations = reading.Constant(Elementwise, "optimizerOperations"),
        };
        int rows = file.Find(Matmul)?.RowsFitted ?? 0;
        TpuAccuracy accuracy = new(
            file.Find(Matmul)?.ResidualSigma ?? 0,
            file.Find(Attention)?.ResidualSigma ?? 0,
            file.Find(Elementwise)?.ResidualSigma ?? 0,
            string.Create(CultureInfo.InvariantCulture, $"units of the TensorCore; products of {file.Subject} fitted on {rows} rows, {file.Date}; attention and element-wise work not validated"));
        return new(reading.IsComplete ? new(constants, accuracy) : null, reading.Diagnostics);
    }
}
