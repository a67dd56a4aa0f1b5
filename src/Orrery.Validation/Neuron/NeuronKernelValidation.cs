using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips.Neuron;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Neuron;

/// <summary>
/// Published Neuron kernels against the instruction cost rules: products through the chip model on one physical core, other kernels as the
/// instruction streams of <c>data/validation/neuron-streams.yaml</c>. Apart from the operator tables of GPUs.
/// </summary>
public sealed class NeuronKernelValidation
{
    /// <summary>Sources of <c>kernels.csv</c> whose rows belong here.</summary>
    public static readonly ImmutableArray<string> Groups = ["aws-neuron-nki-docs", "aws-nki-autotune"];

    private const string StreamGroup = "neuron-streams";
    private const string Time = "time_us";
    private const string Share = "pct_of_peak";

    private readonly ImmutableArray<CalibratedChip> chips;
    private readonly InstructionStreamFile streams;

    private NeuronKernelValidation(ImmutableArray<CalibratedChip> chips, InstructionStreamFile streams)
    {
        this.chips = chips;
        this.streams = streams;
    }

    /// <summary>Opens the Neuron chips of the catalogue that are calibrated, and the streams beside the case files.</summary>
    public static Result<NeuronKernelValidation> Open(DataCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ImmutableArray<Diagnostic>.Builder diagnostics = ImmutableArray.CreateBuilder<Diagnostic>();
        ImmutableArray<CalibratedChip>.Builder calibrated = ImmutableArray.CreateBuilder<CalibratedChip>();
        foreach (string id in catalog.ChipIds)
        {
            Result<ChipDescription> chip = catalog.Chip(id);
            diagnostics.AddRange(chip.Diagnostics);
            if (chip.Value is not { Architecture: ChipArchitecture.Neuron } description)
                continue;
            Result<CalibrationFile> file = catalog.Calibration(CalibrationKind.Chips, id);
            diagnostics.AddRange(file.Diagnostics);
            if (file.Value is not { Fits.IsEmpty: false } fits)
                continue;
            Result<NeuronCalibration> calibration = NeuronCalibration.Read(fits);
            diagnostics.AddRange(calibration.Diagnostics);
            if (calibration.Value is { } found)
                calibrated.Add(new CalibratedChip(description, fits, found.Constants, found.Accuracy));
        }

        Result<InstructionStreamFile> published = InstructionStreamFile.Read(Path.Combine(catalog.DataRoot, "validation", "neuron-streams.yaml"), "data/validation/neuron-streams.yaml");
        diagnostics.AddRange(published.Diagnostics);
        return new(published.Value is { } value ? new NeuronKernelValidation(calibrated.ToImmutable(), value) : null, diagnostics.ToImmutable());
    }

    /// <summary>
    /// Every Neuron row among <paramref name="rows"/> in their order, then the streams and products that stand in no case file.
    /// </summary>
    public ImmutableArray<NeuronKernelScore> Score(IEnumerable<KernelCase> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ImmutableArray<NeuronKernelScore>.Builder scores = ImmutableArray.CreateBuilder<NeuronKernelScore>();
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (KernelCase row in rows)
        {
            if (!Groups.Contains(row.Origin.Group))
                continue;
            seen.Add(row.Origin.Id);
            scores.Add(Score(row));
        }

        foreach (MeasuredProduct product in streams.Products)
        {
            if (!seen.Contains(product.Id) && Find(product.Chip) is { } chip)
                scores.Add(new(product.Id, StreamGroup, Time, product.Time.Value * 1e6, Isolated(chip.Chip, chip.Constants, product.Work).Value * 1e6, chip.Accuracy.MatmulSigma, true, "product on one core"));
        }

        foreach (InstructionStream stream in streams.Streams)
        {
            if (!seen.Contains(stream.Id))
                scores.Add(Score(stream, StreamGroup));
        }

        return scores.ToImmutable();
    }

    /// <summary>
    /// The calibration of a chip with every constant fitted that published rows can fix, dated <paramref name="date"/>; null for a chip that has no
    /// calibration to begin from.
    /// </summary>
    public CalibrationFile? Calibrate(string chipId, IEnumerable<KernelCase> rows, string date)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (Find(chipId) is not { } chip)
            return null;
        List<MeasuredProduct> products = [.. streams.Products.Where(product => product.Chip == chipId)];
        foreach (KernelCase row in rows)
        {
            if (Groups.Contains(row.Origin.Group) && Product(row) is { } work && row.PercentOfPeak is { } percent && ChipOf(row)?.Chip.Id == chipId)
                products.Add(new(row.Origin.Id, chipId, work, Ideal(chip.Chip, work) * 100 / percent, row.Origin.Group));
        }

        return new NeuronCalibrator(chip.Chip, chip.Calibration).Fit(streams.Streams, products, date);
    }

    private NeuronKernelScore Score(KernelCase row)
    {
        if (streams.Streams.FirstOrDefault(stream => stream.Id == row.Origin.Id) is { } known)
            return Score(known, row.Origin.Group);
        if (Product(row) is { } work && row.PercentOfPeak is { } percent && ChipOf(row) is { } chip)
        {
            // The profiler counts 100 % as array x clock, which the stated peak of the chip exceeds.
            Seconds predicted = Isolated(chip.Chip, chip.Constants, work);
            double share = 100 * (Ideal(chip.Chip, work) / predicted);
            return new(row.Origin.Id, row.Origin.Group, Share, percent, share, chip.Accuracy.MatmulSigma, true, $"one core of {chip.Chip.Name}: its array x clock gives the printed ideal time");
        }

        string why = row.Kind == "ssm_scan"
            ? "this version keeps the whole sequence on chip and spills; the compiler's allocation is not modelled"
            : row.Origin.WhyNot;
        return new(row.Origin.Id, row.Origin.Group, Time, row.TimeUs ?? double.NaN, null, 0, false, why);
    }

    private NeuronKernelScore Score(InstructionStream stream, string group)
    {
        double measured = stream.Measured.Value * 1e6;
        if (Find(stream.Chip) is not { } chip)
            return new(stream.Id, group, Time, measured, null, 0, false, $"the chip '{stream.Chip}' is not calibrated");
        double predicted = new InstructionStreamModel(chip.Chip, chip.Constants).Predict(stream).Value * 1e6;
        return new(stream.Id, group, Time, measured, predicted, chip.Accuracy.ElementwiseSigma, stream.Fit.Length > 0, "as its instructions");
    }

    private static Operator? Product(KernelCase row) =>
        row.Kind == "gemm" && row.M > 0 && row.N > 0 && row.K > 0 && NumberFormats.TryParse(row.DataType, out NumberFormat format)
            ? Operator.Matmul(row.M, row.N, row.K, format, Math.Max(1, row.Groups))
            : null;

    private static Seconds Isolated(ChipDescription chip, NeuronConstants constants, in Operator work) =>
        new NeuronChipModel(chip, chip.Cores, constants, new NeuronAccuracy(0, 0, 0, 0, "")).Cost(work).Execution;

    /// <summary>Time of a product on one core at array x clock.</summary>
    private static Seconds Ideal(ChipDescription chip, in Operator work)
    {
        NeuronFigures figures = NeuronFigures.Of(chip, chip.Cores);
        return new Seconds(work.FlopCount / (2.0 * figures.Partitions * figures.Partitions * figures.TensorClock));
    }

    private CalibratedChip? Find(string id)
    {
        foreach (CalibratedChip chip in chips)
        {
            if (chip.Chip.Id == id)
                return chip;
        }

        return null;
    }

    /// <summary>The chip whose core the row names (<c>NeuronCore-v3</c>), by the first of that version.</summary>
    private CalibratedChip? ChipOf(KernelCase row)
    {
        const string mark = "NeuronCore-v";
        int at = row.Chip.IndexOf(mark, StringComparison.Ordinal);
        if (at < 0 || at + mark.Length >= row.Chip.Length)
            return null;
        int version = row.Chip[at + mark.Length] - '0';
        foreach (CalibratedChip chip in chips)
        {
            if (chip.Chip.NeuronCore?.Version == version)
                return chip;
        }

        return null;
    }

    private sealed record CalibratedChip(ChipDescription Chip, CalibrationFile Calibration, NeuronConstants Constants, NeuronAccuracy Accuracy);
}
