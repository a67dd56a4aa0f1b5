using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>A GPU under its kernel libraries: one model an operator, its constants by number format.</summary>
/// <remarks>
/// Models are made when their format is first asked for; after that an answer allocates nothing. A chip that multiplies a format in none of
/// its units does it in BF16. Safe to use from several threads.
/// </remarks>
public sealed class GpuChipModel : ChipModel
{
    /// <summary>Attention kernels that can be told apart on one chip, the main one included.</summary>
    public const int MostAttentionKernels = 4;

    private const int Formats = 16;
    private const int Kinds = 16;

    private readonly GpuKernelLibrary library;
    private readonly GpuModelOptions options;
    private readonly GpuFigures figures;
    private readonly Fitted<GemmModel>?[] gemm = new Fitted<GemmModel>?[Formats];
    private readonly Fitted<PrefillAttentionModel>?[] prefill = new Fitted<PrefillAttentionModel>?[2 * Formats * MostAttentionKernels];
    private readonly Fitted<DecodeAttentionModel>?[] decode = new Fitted<DecodeAttentionModel>?[2 * Formats * MostAttentionKernels];
    private readonly Fitted<PrefillAttentionModel>?[] latentPrefill = new Fitted<PrefillAttentionModel>?[2 * Formats];
    private readonly Fitted<LatentDecodeModel>?[] latentDecode = new Fitted<LatentDecodeModel>?[2 * Formats];
    private readonly Fitted<ExpertModel>?[] experts = new Fitted<ExpertModel>?[Formats];
    private readonly Fitted<ElementwiseModel>?[] moving = new Fitted<ElementwiseModel>?[Kinds];

    public GpuChipModel(ChipDescription chip, GpuKernelLibrary library, GpuModelOptions options)
        : base(chip, 1)
    {
        ArgumentNullException.ThrowIfNull(library);
        this.library = library;
        this.options = options;
        figures = GpuFigures.Of(chip);
    }

    /// <inheritdoc/>
    public override OperatorCost Cost(in Operator work)
    {
        KernelTime time = Evaluate(work);
        double execution = time.Execution;
        return new OperatorCost(
            new Seconds(time.Launch),
            new Seconds(execution),
            new Seconds(Math.Min(time.MatrixTime, execution)),
            new Seconds(Math.Min(time.VectorTime, execution)),
            new Bytes(time.MemoryBytes),
            new Flop(execution > 0 ? work.FlopCount : 0));
    }

    /// <inheritdoc/>
    public override double Sigma(in Operator work)
    {
        KernelConstants constants = Constants(work);
        return constants.ClassSigmas.IsEmpty ? constants.Sigma : constants.SigmaOf(library.Vocabulary.SpreadClass(Evaluate(work).Isolated));
    }

    /// <inheritdoc/>
    public override string Provenance(in Operator work) => Constants(work).Provenance;

    private KernelTime Evaluate(in Operator work)
    {
        switch (work.Kind)
        {
            case OperatorKind.Matmul when work.IsRouted:
                return Experts(work.Format).Model.Product(work.M, work.N, work.K, Math.Max(1, work.Groups));
            case OperatorKind.ExpertLayer:
                return Experts(LayerFormat(work)).Model.Layer(work.M, work.K, work.N, work.IsGated, work.Routing);
            case OperatorKind.Matmul:
                Fitted<GemmModel> product = Gemm(work.Format);
                return Bare(
                    product.Model.Evaluate(work.M, work.N, work.K, Math.Max(1, work.Groups), options.IsCold),
                    work.Format.IsQuantised() && !options.ProductHasQuantising,
                    product.Constants);
            case OperatorKind.AttentionForward:
            case OperatorKind.AttentionBackward:
                Fitted<PrefillAttentionModel> whole = Prefill(work);
                return Bare(
                    whole.Model.Evaluate(Shape(work), work.Kind == OperatorKind.AttentionBackward, options.AttentionHasPasses),
                    !options.AttentionHasPasses,
                    whole.Constants);
            case OperatorKind.AttentionDecode when work.HasSharedValues:
                return LatentDecode(work).Model.Evaluate(
                    work.Batch, work.KeyLength, work.Heads, work.KeyWidth, work.ValueWidth, work.KvFormat.BytesPerElement(), options.IsCold);
            case OperatorKind.AttentionDecode:
                Fitted<DecodeAttentionModel> step = Decode(work);
                return Bare(
                    step.Model.Evaluate(Shape(work), work.KvFormat.BytesPerElement(), options.IsCold, options.AttentionHasPasses),
                    !options.AttentionHasPasses,
                    step.Constants);
            case OperatorKind.Quantise:
                return Quantising(work);
            default:
                return Moving(work.Kind).Model.Evaluate(work.MemoryBytes, work.Kernels, options.IsCold);
        }
    }

    /// <summary>
    /// The cast to a narrow format at the bandwidth that products of the format were seen to quantise with; nothing where the chip multiplies the format
    /// in 16 bits, for then nothing is cast.
    /// </summary>
    private KernelTime Quantising(in Operator work)
    {
        if (!Chip.Peak.ContainsKey(GemmFormat.Multiplying(work.Format)) || !(work.MemoryBytes > 0))
            return default;
        GemmModel product = Gemm(work.Format).Model;
        double time = work.MemoryBytes / product.QuantiseRate;
        return new KernelTime(product.Launch, time, 0, time, work.MemoryBytes);
    }

    /// <summary>
    /// A kernel without the passes around it starts as one product does, not as several kernels; where the constants are those of a library, they were
    /// fitted on it as it is.
    /// </summary>
    private KernelTime Bare(KernelTime time, bool isBare, KernelConstants constants) =>
        isBare && time.Execution > 0 && !(options.Library.Length > 0 && constants.IsOfFormat)
            ? time with { Launch = Math.Min(time.Launch, Gemm(NumberFormat.Bf16).Model.Launch) }
            : time;

    private string Named(NumberFormat format) => options.Library.Length == 0 ? format.Text() : $"{format.Text()}-{options.Library}";

    private KernelConstants Constants(in Operator work) => work.Kind switch
    {
        OperatorKind.Matmul => work.IsRouted ? Experts(work.Format).Constants : Gemm(work.Format).Constants,
        OperatorKind.ExpertLayer => Experts(LayerFormat(work)).Constants,
        OperatorKind.Quantise => Gemm(work.Format).Constants,
        OperatorKind.AttentionForward or OperatorKind.AttentionBackward => Prefill(work).Constants,
        OperatorKind.AttentionDecode => work.HasSharedValues ? LatentDecode(work).Constants : Decode(work).Constants,
        _ => Moving(work.Kind).Constants,
    };

    private NumberFormat LayerFormat(in Operator work) => library.Vocabulary.ExpertFormatOf(Chip.Family, work.Format);

    private static AttentionShape Shape(in Operator work) =>
        new(work.Batch, work.QueryLength, work.KeyLength, work.Heads, work.KvHeads, work.HeadDim, work.Window, work.Causal);

    private Fitted<GemmModel> Gemm(NumberFormat format)
    {
        ref Fitted<GemmModel>? place = ref gemm[(int)format];
        return place ?? Keep(ref place, MakeGemm(format));
    }

    private Fitted<GemmModel> MakeGemm(NumberFormat format)
    {
        OperatorVocabulary vocabulary = library.Vocabulary;
        KernelConstants constants = library.Resolve(Chip, OperatorVocabulary.GemmName, vocabulary.GemmConstants, Named(format));
        GemmFormat described = GemmFormat.Of(format, PeakOf(GemmFormat.Multiplying(format)));
        if (!options.ProductHasQuantising)
            described = described with { IsQuantised = false };
        ImmutableArray<double> values = library.Carried(Chip, constants, (int)GemmConstant.Rate, GemmFormat.Multiplying(format));
        return new(new GemmModel(figures, described, vocabulary.Gemm, values.AsSpan()), constants);
    }

    private Fitted<PrefillAttentionModel> Prefill(in Operator work)
    {
        ref Fitted<PrefillAttentionModel>? place = ref work.IsLatent ? ref latentPrefill[LatentPlace(work)] : ref prefill[Place(work)];
        return place ?? Keep(ref place, MakePrefill(work));
    }

    private Fitted<PrefillAttentionModel> MakePrefill(in Operator work)
    {
        OperatorVocabulary vocabulary = library.Vocabulary;
        string name = OperatorVocabulary.NameOf(work);
        KernelConstants constants = library.Resolve(Chip, name, vocabulary.ConstantsOf(name), vocabulary.FormatOf(work, Chip.Family, options.Library));
        NumberFormat multiplied = AttentionMultiplies(work.Format, work.KvFormat);
        ImmutableArray<double> values = library.Carried(Chip, constants, (int)PrefillConstant.Rate, multiplied);
        return new(new PrefillAttentionModel(figures, PeakOf(multiplied), vocabulary.Prefill, values.AsSpan()), constants);
    }

    private Fitted<DecodeAttentionModel> Decode(in Operator work)
    {
        ref Fitted<DecodeAttentionModel>? place = ref decode[Place(work)];
        return place ?? Keep(ref place, MakeDecode(work));
    }

    private Fitted<DecodeAttentionModel> MakeDecode(in Operator work)
    {
        OperatorVocabulary vocabulary = library.Vocabulary;
        KernelConstants constants = library.Resolve(
            Chip, OperatorVocabulary.DecodeName, vocabulary.DecodeConstants, vocabulary.FormatOf(work, Chip.Family, options.Library));
        return new(new DecodeAttentionModel(figures, vocabulary.DecodeOf(Chip.Family, options.Library), constants.Values.AsSpan()), constants);
    }

    private Fitted<LatentDecodeModel> LatentDecode(in Operator work)
    {
        ref Fitted<LatentDecodeModel>? place = ref latentDecode[LatentPlace(work)];
        return place ?? Keep(ref place, MakeLatentDecode(work));
    }

    private Fitted<LatentDecodeModel> MakeLatentDecode(in Operator work)
    {
        OperatorVocabulary vocabulary = library.Vocabulary;
        LatentDecodeStructure structure = vocabulary.LatentDecodeOf(Chip.Family);
        KernelConstants constants = library.Resolve(
            Chip, OperatorVocabulary.LatentDecodeName, vocabulary.LatentDecodeConstants, vocabulary.FormatOf(work, Chip.Family, options.Library));
        NumberFormat multiplied = structure.HasNarrowCache ? AttentionMultiplies(work.Format, work.KvFormat) : GemmFormat.Multiplying(work.Format);
        return new(new LatentDecodeModel(figures, PeakOf(multiplied), structure, constants.Values.AsSpan()), constants);
    }

    private Fitted<ExpertModel> Experts(NumberFormat format)
    {
        ref Fitted<ExpertModel>? place = ref experts[(int)format];
        return place ?? Keep(ref place, MakeExperts(format));
    }

    private Fitted<ExpertModel> MakeExperts(NumberFormat format)
    {
        OperatorVocabulary vocabulary = library.Vocabulary;
        string name = Named(format);
        KernelConstants constants = library.Resolve(Chip, OperatorVocabulary.ExpertsName, vocabulary.ExpertConstants, name);
        GemmFormat described = GemmFormat.Of(format, PeakOf(GemmFormat.Multiplying(format)));
        if (!options.ProductHasQuantising)
            described = described with { IsQuantised = false };
        ImmutableArray<double> values = library.Carried(Chip, constants, (int)ExpertConstant.Rate, GemmFormat.Multiplying(format));
        return new(new ExpertModel(figures, described, vocabulary.ExpertsOf(Chip.Family, format.Text()), values.AsSpan()), constants);
    }

    private Fitted<ElementwiseModel> Moving(OperatorKind kind)
    {
        ref Fitted<ElementwiseModel>? place = ref moving[(int)kind];
        return place ?? Keep(ref place, MakeMoving(OperatorVocabulary.MovingNameOf(kind)));
    }

    private Fitted<ElementwiseModel> MakeMoving(string name)
    {
        OperatorVocabulary vocabulary = library.Vocabulary;
        KernelConstants constants = library.Resolve(Chip, name, vocabulary.ElementwiseConstants, "");
        return new(new ElementwiseModel(figures, vocabulary.ElementwiseCachedShare, constants.Values.AsSpan()), constants);
    }

    /// <summary>
    /// The format in which fused attention multiplies. An 8-bit cache runs the 8-bit kernel where the chip has one: rates measured with
    /// 16-bit queries exceed the 16-bit peak otherwise.
    /// </summary>
    public static NumberFormat AttentionMultiplies(NumberFormat queries, NumberFormat cache)
    {
        bool isNarrow = queries.BytesPerElement() < 1.5 || cache.BytesPerElement() < 1.5;
        return isNarrow ? NumberFormat.Fp8 : GemmFormat.Multiplying(queries);
    }

    /// <summary>Dense peak of a format in FLOP/s, that of BF16 where the chip has none for it.</summary>
    private double PeakOf(NumberFormat format) => PeakOf(Chip, format);

    /// <summary>Dense peak of a format on a chip in FLOP/s: its own, for FP32 that of TF32 last, for any other that of BF16 or FP16.</summary>
    public static double PeakOf(ChipDescription chip, NumberFormat format)
    {
        ArgumentNullException.ThrowIfNull(chip);
        ReadOnlySpan<NumberFormat> order = [format, NumberFormat.Bf16, NumberFormat.Fp16, NumberFormat.Tf32, NumberFormat.Fp32];
        foreach (NumberFormat candidate in order)
        {
            if (chip.Peak.TryGetValue(candidate, out Sourced<FlopPerSecond>? peak))
                return peak.Value.Value;
        }

        throw new ArgumentException($"'{chip.Id}' has no matrix peak", nameof(chip));
    }

    private static int LatentPlace(in Operator work) => (int)work.Format + (work.KvFormat.BytesPerElement() < 1.5 ? Formats : 0);

    private int Place(in Operator work) =>
        (int)work.Format + (work.KvFormat.BytesPerElement() < 1.5 ? Formats : 0) + ((library.Vocabulary.AttentionKernelOf(work, Chip.Family) + 1) * 2 * Formats);

    /// <summary>Stores the first of what racing threads made; they are equal.</summary>
    private static Fitted<T> Keep<T>(ref Fitted<T>? place, Fitted<T> made)
        where T : class => Interlocked.CompareExchange(ref place, made, null) ?? made;

    private sealed record Fitted<T>(T Model, KernelConstants Constants)
        where T : class;
}
