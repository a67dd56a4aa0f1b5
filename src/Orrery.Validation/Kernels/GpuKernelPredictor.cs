using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;
using Orrery.Validation.Scoring;
using Orrery.Validation.Tpu;

namespace Orrery.Validation.Kernels;

using Prediction = Orrery.Validation.Scoring.Prediction;

/// <summary>
/// Predicts the isolated time of measured GPU kernels in the unit of their metric, with the 80 % interval of the constants used.
/// Beside it stands the roofline: the larger of FLOP over peak and bytes over memory bandwidth.
/// </summary>
public sealed class GpuKernelPredictor : ICasePredictor<KernelCase>
{
    private readonly DataCatalog catalog;
    private readonly GpuKernelLibrary library;
    private readonly KernelTables tables;
    private readonly TpuKernelPredictor tpus;
    private readonly Dictionary<(string Chip, GpuModelOptions Options), GpuChipModel?> models = [];

    public GpuKernelPredictor(DataCatalog catalog, GpuKernelLibrary library, KernelTables tables)
    {
        this.catalog = catalog;
        this.library = library;
        this.tables = tables;
        tpus = new TpuKernelPredictor(catalog);
    }

    /// <inheritdoc/>
    public Prediction Predict(KernelCase row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (ModelOf(row.Chip, tables.OptionsOf(row)) is not { } model)
            return tpus.Knows(row.Chip) ? tpus.Predict(row) : Prediction.Skip($"the chip '{row.Chip}' is neither a GPU nor a TPU of the catalogue");
        if (!tables.TryRead(row, out Operator work, out string why))
            return Prediction.Skip(why);
        if (!tables.IsFitted(row, work, out bool isScored, out string reason) && !isScored)
            return Prediction.Skip(reason);
        double time = model.Cost(work).Isolated.Value;
        double spread = EightyPercentInterval.Factor(model.Sigma(work));
        double roofline = Roofline(model.Chip, work);
        return row.Origin.PrimaryMetric switch
        {
            "time_us" => Prediction.Of(time * 1e6, time * 1e6 / spread, time * 1e6 * spread, "", roofline * 1e6),
            "achieved_tflops" => Rate(work.FlopCount * 1e-12, time, spread, roofline),
            "achieved_GBps" => Rate(work.MemoryBytes * 1e-9, time, spread, roofline),
            string metric => Prediction.Skip($"the metric {metric} is not predicted"),
        };
    }

    /// <summary>The number format of a row as calibration files call it; empty where the chip is unknown or one fit holds for all.</summary>
    public string FormatOf(KernelCase row, in Operator work)
    {
        ArgumentNullException.ThrowIfNull(row);
        return ModelOf(row.Chip, tables.OptionsOf(row)) is { } model ? library.Vocabulary.FormatOf(work, model.Chip.Family, tables.OptionsOf(row).Library) : "";
    }

    /// <summary>Time of an operator at the stated peak or the stated memory bandwidth, whichever is longer, in s.</summary>
    public static double Roofline(ChipDescription chip, in Operator work)
    {
        ArgumentNullException.ThrowIfNull(chip);
        NumberFormat multiplies = work.Kind switch
        {
            OperatorKind.Matmul or OperatorKind.ExpertLayer => GemmFormat.Multiplying(work.Format),
            OperatorKind.AttentionForward or OperatorKind.AttentionBackward or OperatorKind.AttentionDecode =>
                GpuChipModel.AttentionMultiplies(work.Format, work.KvFormat),
            _ => NumberFormat.Bf16,
        };
        double matrix = work.Kind is <= OperatorKind.AttentionDecode or OperatorKind.ExpertLayer ? work.FlopCount / GpuChipModel.PeakOf(chip, multiplies) : 0;
        return Math.Max(matrix, Bytes(work) / chip.MemoryBandwidth.Value.Value);
    }

    private static double Bytes(in Operator work)
    {
        switch (work.Kind)
        {
            case OperatorKind.Matmul:
                GemmFormat format = GemmFormat.Of(work.Format, 1);
                double groups = Math.Max(1, work.Groups);
                return groups * (((double)work.M * work.K * format.ActivationBytes) + ((double)work.N * work.K * format.WeightBytes) + ((double)work.M * work.N * format.OutputBytes));
            case OperatorKind.ExpertLayer:
                GemmFormat expert = GemmFormat.Of(work.Format, 1);
                double weights = Math.Min((double)work.Routing.Experts / work.Routing.Ranks, (double)work.M * work.Routing.TopK) * work.N * work.K * (work.IsGated ? 3 : 2);
                return (weights * expert.WeightBytes) + (4.0 * work.M * work.K);
            case OperatorKind.AttentionForward:
            case OperatorKind.AttentionBackward:
            case OperatorKind.AttentionDecode:
                double tokens = (double)work.Batch * work.QueryLength;
                return (2 * 2 * tokens * work.Heads * work.HeadDim) + work.CacheBytes;
            default:
                return work.MemoryBytes;
        }
    }

    private static Prediction Rate(double amount, double time, double spread, double roofline) =>
        Prediction.Of(amount / time, amount / time / spread, amount / time * spread, "", amount / roofline);

    private GpuChipModel? ModelOf(string name, GpuModelOptions options)
    {
        if (!models.TryGetValue((name, options), out GpuChipModel? model))
        {
            ChipDescription? chip = catalog.Chip(name).Value;
            models[(name, options)] = model = chip is { Architecture: ChipArchitecture.Gpu } ? new GpuChipModel(chip, library, options) : null;
        }

        return model;
    }
}
