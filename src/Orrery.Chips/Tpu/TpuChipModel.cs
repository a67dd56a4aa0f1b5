using Orrery.Catalog;
using Orrery.Chips.Gpu;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Chips.Tpu;

/// <summary>
/// A TPU by its units: systolic arrays that hold a square of weights while rows of activations stream through, a vector unit, vector memory that
/// the compiler fills from device memory ahead of use. One rank is one device of one or two TensorCores.
/// </summary>
/// <remarks>
/// A product of [m, k] by [k, n] takes ceil(k/side) x ceil(n/side) squares, each with m rows (at least a side, as the next square loads while
/// this one works) spread over the arrays; either operand may be the one that stays. Source of the machine: jax-ml/scaling-book, tpus.md.
/// Times are of work inside a compiled program; <see cref="OperatorCost.Launch"/> is what a benchmark of one program adds.
/// </remarks>
public sealed class TpuChipModel : ChipModel
{
    private readonly TpuFigures figures;
    private readonly TpuConstants constants;
    private readonly TpuAccuracy accuracy;
    private readonly double[] rowRate;
    private readonly double bandwidth;

    public TpuChipModel(ChipDescription chip, int ranksPerChip, TpuConstants constants, TpuAccuracy accuracy)
        : base(chip, ranksPerChip)
    {
        ArgumentNullException.ThrowIfNull(constants);
        ArgumentNullException.ThrowIfNull(accuracy);
        figures = TpuFigures.Of(chip, ranksPerChip);
        this.constants = constants;
        this.accuracy = accuracy;
        bandwidth = figures.MemoryBandwidth * constants.MemoryShare;
        NumberFormat[] formats = Enum.GetValues<NumberFormat>();
        rowRate = new double[formats.Length];
        foreach (NumberFormat format in formats)
            rowRate[(int)format] = figures.RowRate[MultipliedFormat.Of(chip, format)] * constants.MatrixShare;
    }

    /// <summary>The figures the rules are applied to.</summary>
    public TpuFigures Figures => figures;

    /// <inheritdoc/>
    public override OperatorCost Cost(in Operator work) => work.Kind switch
    {
        OperatorKind.Matmul => Matmul(work),
        OperatorKind.AttentionForward => Attention(work, isBackward: false),
        OperatorKind.AttentionBackward => Attention(work, isBackward: true),
        OperatorKind.AttentionDecode => Decode(work),
        OperatorKind.OptimizerUpdate => Elementwise(work, constants.OptimizerOperations),
        OperatorKind.Quantise when MultipliedFormat.Of(Chip, work.Format) == NumberFormat.Bf16 => default,
        OperatorKind.ExpertLayer => ExpertLayerFromParts(work),
        _ => Elementwise(work, constants.ElementOperations),
    };

    /// <inheritdoc/>
    public override double Sigma(in Operator work) => accuracy.Sigma(work.Kind);

    /// <inheritdoc/>
    public override string Provenance(in Operator work) => accuracy.Source;

    /// <summary>
    /// Seconds the arrays are busy with <paramref name="groups"/> products of [<paramref name="m"/>, <paramref name="k"/>] by [<paramref name="k"/>,
    /// <paramref name="n"/>]: the cheaper of the two operands stays. Filling and draining the arrays counts once.
    /// </summary>
    public double MatrixTime(long m, long n, long k, int groups, NumberFormat format) =>
        (Math.Min(Rows(m, n, k, groups), Rows(n, m, k, groups)) + (2.0 * figures.Side)) / rowRate[(int)format];

    /// <summary>Rows that pass through the busiest array where squares of [k, n] stay and m rows stream.</summary>
    private double Rows(long m, long n, long k, int groups)
    {
        double side = figures.Side;
        double squares = groups * Math.Ceiling(k / side) * Math.Ceiling(n / side);
        double padded = Math.Ceiling(m / (double)figures.Sublanes) * figures.Sublanes;
        // A long stream is cut over arrays; a short one cannot be cut below a side, as loading the next square would not be hidden.
        double all = squares * Math.Max(padded, side);
        return Math.Max(all / figures.Arrays, Math.Min(padded, side));
    }

    private OperatorCost Matmul(in Operator work)
    {
        int groups = Math.Max(1, work.Groups);
        if (work.M <= 0 || work.N <= 0 || work.K <= 0)
            return default;
        double matrix = MatrixTime(work.M, work.N, work.K, groups, work.Format);
        double bytes = work.HasOperandsOnChip ? 0 : groups * MatmulBytes(work);
        return Answer(matrix, 0, bytes, work.FlopCount);
    }

    /// <summary>
    /// Bytes of one product, whichever way moves least: one operand stays in vector memory panel by panel while the other streams past once for
    /// each panel, or a square of FP32 results stays while the strips of both operands that make it stream past.
    /// </summary>
    private double MatmulBytes(in Operator work)
    {
        double wide = work.Format is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double weight = Math.Min(wide, work.Format.BytesPerElement());
        double left = (double)work.M * work.K * wide;
        double right = (double)work.N * work.K * weight;
        double result = (double)work.M * work.N * wide;
        double panel = figures.VectorMemory * constants.ResidentShare;
        double leftStays = left + (right * Math.Ceiling(left / panel));
        double rightStays = right + (left * Math.Ceiling(right / panel));
        double square = Math.Sqrt(panel / 4);
        double resultStays = (left * Math.Ceiling(work.N / square)) + (right * Math.Ceiling(work.M / square));
        return Math.Min(Math.Min(leftStays, rightStays), resultStays) + result;
    }

    /// <summary>
    /// Fused attention: scores in blocks that never leave the chip. Blocks wholly behind the mask are left out. The head dimension is padded to a
    /// side of the array.
    /// </summary>
    private OperatorCost Attention(in Operator work, bool isBackward)
    {
        if (work.Batch <= 0 || work.Heads <= 0 || work.QueryLength <= 0 || work.KeyLength <= 0)
            return default;
        double block = constants.AttentionBlock;
        double scores = (double)work.Batch * work.Heads * ScoresOf(work, block);
        double head = Math.Ceiling(work.HeadDim / (double)figures.Side) * figures.Side;

        // Two products of the scores forward, five in the gradient, which rebuilds them.
        double products = isBackward ? 5 : 2;
        double matrix = products * scores * head / ((double)figures.Side * figures.Side * figures.Arrays * rowRate[(int)work.Format]);
        double vector = scores * (isBackward ? constants.ScoreGradientOperations : constants.ScoreOperations) / figures.VectorRate;
        double wide = work.Format is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double tokens = (double)work.Batch * work.HeadDim * wide;
        double bytes = tokens * ((2.0 * work.QueryLength * work.Heads) + (2.0 * work.KeyLength * work.KvHeads)) * (isBackward ? 2 : 1);
        return Answer(matrix, vector, bytes, work.FlopCount);
    }

    /// <summary>Scores of one head computed: whole blocks that hold at least one pair the mask lets through.</summary>
    private static double ScoresOf(in Operator work, double block)
    {
        double queries = Math.Min(block, work.QueryLength);
        double keys = Math.Min(block, work.KeyLength);
        double down = Math.Ceiling(work.QueryLength / queries);
        double across = Math.Ceiling(work.KeyLength / keys);
        if (!work.Causal)
            return down * across * queries * keys;
        double past = work.KeyLength - work.QueryLength;
        double blocks = 0;
        for (double row = 0; row < down; row++)
        {
            double last = Math.Min(across, Math.Ceiling((past + Math.Min((row + 1) * queries, work.QueryLength)) / keys));
            double first = work.Window > 0 && work.Window < work.KeyLength ? Math.Floor(Math.Max(0, past + (row * queries) - work.Window + 1) / keys) : 0;
            blocks += last - first;
        }

        return blocks * queries * keys;
    }

    /// <summary>Attention of one new token a sequence: the cache is read once; the arrays take the query heads of a key head as rows.</summary>
    private OperatorCost Decode(in Operator work)
    {
        if (work.Batch <= 0 || work.Heads <= 0 || work.KeyLength <= 0)
            return default;
        int keys = work.Window > 0 ? Math.Min(work.Window, work.KeyLength) : work.KeyLength;
        int kvHeads = Math.Max(1, work.KvHeads);
        int pairs = work.Batch * kvHeads;
        int rows = Math.Max(1, work.Heads / kvHeads);
        double matrix = MatrixTime(rows, keys, work.HeadDim, pairs, work.Format) + MatrixTime(rows, work.HeadDim, keys, pairs, work.Format);
        double scores = (double)work.Batch * work.Heads * keys;
        double bytes = work.CacheBytes + (4.0 * work.Batch * work.Heads * work.HeadDim);
        return Answer(matrix, scores * constants.ScoreOperations / figures.VectorRate, bytes, work.FlopCount);
    }

    private OperatorCost Elementwise(in Operator work, double operations)
    {
        if (!(work.MemoryBytes > 0) && !(work.VectorElements > 0))
            return default;
        double elements = Math.Max(0, work.VectorElements);
        return Answer(0, elements * operations / figures.VectorRate, work.MemoryBytes, elements);
    }

    /// <summary>
    /// What leads in and out of the arrays adds to what runs side by side. Work that the arrays do not take part in has no lead: its first result
    /// follows its first operand.
    /// </summary>
    private OperatorCost Answer(double matrix, double vector, double bytes, double flop)
    {
        double memory = bytes / bandwidth;
        double lead = matrix > 0 && bytes > 0 ? memory * Math.Min(1, constants.LeadBytes / bytes) : 0;
        double execution = lead + SmoothMaximum.Of(matrix, SmoothMaximum.Of(vector, memory - lead, constants.Overlap), constants.Overlap);
        return new OperatorCost(
            new Seconds(constants.Launch),
            new Seconds(execution),
            new Seconds(Math.Min(matrix, execution)),
            new Seconds(Math.Min(vector, execution)),
            new Bytes(bytes),
            new Flop(execution > 0 ? flop : 0));
    }
}
