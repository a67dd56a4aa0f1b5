using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Chips.Neuron;

/// <summary>
/// A Trainium chip by the cost rules of its instructions: each operator is tiled as a kernel author tiles it, the instructions are counted, and the
/// engines run side by side. One rank is a logical core of one or two physical ones.
/// </summary>
/// <remarks>
/// The rate of the tensor engine is array x clock, which the chip totals of the data sheets exceed by up to 7 %: peaks in reports are the stated
/// ones, times come from the array. A format takes the power of two of passes that is nearest to the ratio of the BF16 peak to its own, so that
/// choosing another reading of a peak changes its time.
/// </remarks>
public sealed partial class NeuronChipModel : ChipModel
{
    private readonly NeuronFigures figures;
    private readonly NeuronConstants constants;
    private readonly NeuronAccuracy accuracy;
    private readonly DmaModel dma;
    private readonly double[] passes;
    private readonly double[] tensorRate;
    private readonly double launch;
    private readonly bool productHasQuantising;

    /// <summary>The model of a chip with <paramref name="ranksPerChip"/> ranks.</summary>
    /// <param name="productHasQuantising">A product casts its activations on the way in; false where casts are operators of their own.</param>
    public NeuronChipModel(
        ChipDescription chip, int ranksPerChip, NeuronConstants constants, NeuronAccuracy accuracy, bool productHasQuantising = true)
        : base(chip, ranksPerChip)
    {
        ArgumentNullException.ThrowIfNull(constants);
        ArgumentNullException.ThrowIfNull(accuracy);
        figures = NeuronFigures.Of(chip, ranksPerChip);
        this.constants = constants;
        this.accuracy = accuracy;
        this.productHasQuantising = productHasQuantising;
        dma = new DmaModel(figures, constants);
        NumberFormat[] formats = Enum.GetValues<NumberFormat>();
        passes = new double[formats.Length];
        tensorRate = new double[formats.Length];
        double reference = chip.Peak[NumberFormat.Bf16].Value.Value;
        foreach (NumberFormat format in formats)
        {
            NumberFormat multiplied = MultipliedFormat.Of(chip, format);
            passes[(int)format] = Math.Pow(2, Math.Round(Math.Log2(reference / chip.Peak[multiplied].Value.Value)));
            if (!constants.TensorShare.TryGetValue(multiplied, out double share))
                share = constants.TensorShare[NumberFormat.Bf16];
            tensorRate[(int)format] = figures.TensorClock * share;
        }

        launch = figures.DmaFixed;
    }

    /// <summary>The figures the rules are applied to.</summary>
    public NeuronFigures Figures => figures;

    /// <summary>Passes of the array relative to BF16: 4 for FP32, 0.5 for double-row FP8, 0.25 for microscaling formats.</summary>
    public double Passes(NumberFormat format) => passes[(int)format];

    /// <inheritdoc/>
    public override OperatorCost Cost(in Operator work) => work.Kind switch
    {
        OperatorKind.Matmul => Matmul(work),
        OperatorKind.AttentionForward => Attention(work, isBackward: false),
        OperatorKind.AttentionBackward => Attention(work, isBackward: true),
        OperatorKind.AttentionDecode => Decode(work),
        OperatorKind.Elementwise => Elementwise(work, 1),
        OperatorKind.OptimizerUpdate => Elementwise(work, constants.OptimizerPasses),
        OperatorKind.Quantise => Quantise(work),
        OperatorKind.Dequantise => Elementwise(work, 1),
        OperatorKind.ExpertLayer => ExpertLayerFromParts(work),
        _ => throw new ArgumentOutOfRangeException(nameof(work), work.Kind, "no such operator"),
    };

    /// <inheritdoc/>
    public override double Sigma(in Operator work) => accuracy.Sigma(work.Kind);

    /// <inheritdoc/>
    public override string Provenance(in Operator work) => accuracy.Provenance(work.Kind);

    /// <summary>
    /// A product: instructions of the tensor engine, results copied out of PSUM by the vector or scalar engine, activations quantised on the way,
    /// operands read as often as the on-chip memory forces.
    /// </summary>
    private OperatorCost Matmul(in Operator work)
    {
        int groups = Math.Max(1, work.Groups);
        if (work.M <= 0 || work.N <= 0 || work.K <= 0)
            return default;
        NumberFormat format = work.Format;
        double cycles = InstructionCosts.MatmulCycles(figures, work.M, work.N, work.K, passes[(int)format], groups);
        double tensor = cycles / tensorRate[(int)format];
        double lanes = (double)figures.Partitions * figures.Cores;
        double results = groups * (double)work.M * work.N;

        double vector = 0;
        if (productHasQuantising && format.IsQuantised())
            vector = QuantiseTime(groups * (double)work.M * work.K, format);

        // Results leave PSUM as FP32, one element a lane and cycle.
        double columns = results / lanes;
        double evacuation = InstructionCosts.VectorCycles(figures, columns, 1, figures.MovingColumns, constants.InstructionOverhead);
        double memory = MatmulMemory(work, groups, out double bytes);
        EngineTimes times = new EngineTimes(tensor, vector, 0, memory)
            .WithEither(evacuation / figures.VectorClock, evacuation / figures.ScalarClock);
        return Answer(times, bytes, work.FlopCount);
    }

    /// <summary>
    /// Seconds and bytes of reading both operands and writing the result. Half of the on-chip memory holds a panel of one operand while the other
    /// streams past once for each panel.
    /// </summary>
    private double MatmulMemory(in Operator work, int groups, out double bytes)
    {
        bytes = 0;
        if (work.HasOperandsOnChip)
            return 0;
        double wide = work.Format is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double weight = Math.Min(wide, work.Format.BytesPerElement());
        double left = (double)work.M * work.K * wide;
        double right = (double)work.N * work.K * weight;
        double result = (double)work.M * work.N * wide;
        double panel = figures.SbufBytes * figures.Cores / 2;
        double leftReads = Math.Ceiling(right / panel);
        double rightReads = Math.Ceiling(left / panel);
        if ((left * leftReads) + right <= left + (right * rightReads))
            rightReads = 1;
        else
            leftReads = 1;
        bytes = groups * ((left * leftReads) + (right * rightReads) + result);
        return dma.Time(groups * left * leftReads, work.K * wide)
            + dma.Time(groups * right * rightReads, work.N * weight)
            + dma.Time(groups * result, work.N * wide);
    }

    /// <summary>
    /// Element-wise work: memory, and the vector and scalar engines. Work on one tile goes to either, work on two only to the vector engine.
    /// </summary>
    private OperatorCost Elementwise(in Operator work, double enginePasses)
    {
        if (!(work.MemoryBytes > 0) && !(work.VectorElements > 0))
            return default;
        double lanes = (double)figures.Partitions * figures.Cores;
        double columns = Math.Max(0, work.VectorElements) * enginePasses / lanes;
        bool isWide = work.Format is NumberFormat.Fp32 or NumberFormat.Tf32;
        double two = constants.TwoInputShare * columns;
        double one = columns - two;
        double piece = figures.MovingColumns;
        double overhead = constants.InstructionOverhead;
        double vectorOne = isWide ? 1 : InstructionCosts.VectorCopy16(figures);
        double scalarOne = isWide ? 1 : InstructionCosts.ScalarCopy16(figures);
        double vectorTwo = isWide ? 2 : InstructionCosts.VectorTwoInput16(figures);
        double memory = dma.Time(work.MemoryBytes, work.MemoryBytes / lanes);
        EngineTimes times = new EngineTimes(0, InstructionCosts.VectorCycles(figures, two, vectorTwo, piece, overhead) / figures.VectorClock, 0, memory)
            .WithEither(
                InstructionCosts.VectorCycles(figures, one, vectorOne, piece, overhead) / figures.VectorClock,
                InstructionCosts.VectorCycles(figures, one, scalarOne, piece, overhead) / figures.ScalarClock);
        return Answer(times, work.MemoryBytes, Math.Max(0, work.VectorElements));
    }

    /// <summary>
    /// A cast on the vector engine, one pass a copy, beside its transfers. Nothing where operands are widened to 16 bits anyway.
    /// </summary>
    private OperatorCost Quantise(in Operator work)
    {
        if (!(work.MemoryBytes > 0) || MultipliedFormat.Of(Chip, work.Format) == NumberFormat.Bf16)
            return default;
        double lanes = (double)figures.Partitions * figures.Cores;
        double vector = QuantiseTime(work.VectorElements, work.Format);
        return Answer(new EngineTimes(0, vector, 0, dma.Time(work.MemoryBytes, work.MemoryBytes / lanes)), work.MemoryBytes, work.VectorElements);
    }

    /// <summary>Seconds of the vector engine for casting elements: at its own rate for microscaling formats, else as a copy of 16-bit numbers.</summary>
    private double QuantiseTime(double elements, NumberFormat format)
    {
        bool isScaledByBlock = format is NumberFormat.Mxfp8 or NumberFormat.Mxfp4 or NumberFormat.Nvfp4;
        double width = isScaledByBlock && figures.QuantiseWidth > 0 ? figures.QuantiseWidth : figures.VectorWidth16;
        return elements / (width * figures.Cores * figures.VectorClock);
    }

    private OperatorCost Answer(in EngineTimes times, double bytes, double flop)
    {
        double execution = times.Last(constants.Overlap);
        return new OperatorCost(
            new Seconds(launch + WarmUp(times.Tensor)),
            new Seconds(execution),
            new Seconds(Math.Min(times.Tensor, execution)),
            new Seconds(Math.Min(Math.Max(times.Vector, times.Scalar), execution)),
            new Bytes(bytes),
            new Flop(flop));
    }

    /// <summary>Time lost while the tensor engine starts at half rate: as long as the work, at most half the warm-up. A stream of products pays it once.</summary>
    private double WarmUp(double tensor) => Math.Min(tensor, figures.TensorWarmUp / 2);
}
