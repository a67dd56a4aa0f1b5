using System.Collections.Immutable;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Chips.Gpu;

/// <summary>
/// What kernel models can choose from and the constants they are fitted with: <c>data/calibration/operators.yaml</c>. The same for every chip.
/// </summary>
public sealed partial record OperatorVocabulary
{
    public const string GemmName = "gemm";
    public const string PrefillName = "prefill";
    public const string DecodeName = "decode";
    public const string ElementwiseName = "elementwise";

    /// <summary>Attention over sequences whose keys are wider than their values.</summary>
    public const string LatentPrefillName = "latent-prefill";

    /// <summary>Decode attention over latent vectors.</summary>
    public const string LatentDecodeName = "latent-decode";

    /// <summary>The residual addition: nothing but streaming.</summary>
    public const string ResidualAddName = "residual-add";

    /// <summary>Layers of routed experts and their grouped products.</summary>
    public const string ExpertsName = "experts";

    /// <summary>Names of all operators in calibration files.</summary>
    public static ImmutableArray<string> Names { get; } =
        [GemmName, PrefillName, DecodeName, LatentPrefillName, LatentDecodeName, ExpertsName, "norm", "rotary", "activation", ResidualAddName, "gather", ElementwiseName];

    public required GemmStructure Gemm { get; init; }

    public required PrefillStructure Prefill { get; init; }

    public required DecodeStructure Decode { get; init; }

    public required LatentDecodeStructure LatentDecode { get; init; }

    /// <summary>Which latent decode kernel there is, by family; the first entry that names the family, or none, holds.</summary>
    public required ImmutableArray<LatentDecodeRule> LatentDecodeKernels { get; init; }

    public required ExpertStructure Experts { get; init; }

    /// <summary>Products of experts whose tiles the library chooses by a rule of its own; the first entry that fits holds.</summary>
    public required ImmutableArray<ExpertRule> ExpertKernels { get; init; }

    /// <summary>Which decode kernel is taken, by library and family; the first entry that fits holds.</summary>
    public required ImmutableArray<DecodeRule> DecodeKernels { get; init; }

    /// <summary>Kernel libraries told apart from the one behind the fitted tables.</summary>
    public required ImmutableArray<string> Libraries { get; init; }

    /// <summary>Kernels of other libraries that serve some attention shapes.</summary>
    public required ImmutableArray<AttentionKernelRule> AttentionKernels { get; init; }

    /// <summary>Share of the traffic of an element-wise kernel that still costs memory time when its data are cached.</summary>
    public required double ElementwiseCachedShare { get; init; }

    /// <summary>Constants in the order of <see cref="GemmConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> GemmConstants { get; init; }

    /// <summary>Constants in the order of <see cref="PrefillConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> PrefillConstants { get; init; }

    /// <summary>Constants in the order of <see cref="DecodeConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> DecodeConstants { get; init; }

    /// <summary>Constants of attention with keys wider than values, in the order of <see cref="PrefillConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> LatentPrefillConstants { get; init; }

    /// <summary>Constants in the order of <see cref="LatentDecodeConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> LatentDecodeConstants { get; init; }

    /// <summary>Constants in the order of <see cref="ExpertConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> ExpertConstants { get; init; }

    /// <summary>Constants in the order of <see cref="ElementwiseConstant"/>.</summary>
    public required ImmutableArray<OperatorConstant> ElementwiseConstants { get; init; }

    /// <summary>Isolated times, ascending and in s, at which the residual spread changes class; one class more than edges.</summary>
    public required ImmutableArray<double> SpreadEdges { get; init; }

    /// <summary>Groups of rows the constants of an operator are fitted on, by its name in calibration files.</summary>
    public required ImmutableSortedDictionary<string, ImmutableArray<string>> FittedOn { get; init; }

    /// <summary>Chips whose constants another takes, by chip id or family, nearest first.</summary>
    public required ImmutableSortedDictionary<string, ImmutableArray<string>> NearestChips { get; init; }

    /// <summary>By chip, its sisters: the same multiprocessors on other memory, whose rows join a fit for which its own are few.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>> Sisters { get; init; } = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

    /// <summary>Formats whose constants another takes, nearest first.</summary>
    public required ImmutableSortedDictionary<string, ImmutableArray<string>> NearestFormats { get; init; }

    /// <summary>Standard deviation of the logarithm added for constants of another chip of the family.</summary>
    public required double ChipSigma { get; init; }

    /// <summary>The same for constants of another family.</summary>
    public required double FamilySigma { get; init; }

    /// <summary>The same for constants of another number format.</summary>
    public required double FormatSigma { get; init; }

    /// <summary>Standard deviation of the logarithm where typical values stand in for constants.</summary>
    public required double TypicalSigma { get; init; }

    /// <summary>The decode kernels of a library on chips of a family.</summary>
    public DecodeStructure DecodeOf(string family, string library = "")
    {
        foreach (DecodeRule rule in DecodeKernels)
        {
            if ((rule.Library.Length == 0 || rule.Library == library) && (rule.Families.IsEmpty || rule.Families.Contains(family)))
            {
                return Decode with
                {
                    WithoutGroup = rule.WithoutGroup,
                    WithGroup = rule.WithGroup,
                    LargestGroup = rule.LargestGroup > 0 ? rule.LargestGroup : Decode.LargestGroup,
                    Splits = rule.IsSplit ? Decode.Splits : [1],
                };
            }
        }

        return Decode;
    }

    /// <summary>The latent decode kernel of a family.</summary>
    public LatentDecodeStructure LatentDecodeOf(string family)
    {
        foreach (LatentDecodeRule rule in LatentDecodeKernels)
        {
            if (rule.Families.IsEmpty || rule.Families.Contains(family))
                return LatentDecode with { Splits = rule.IsSplit ? LatentDecode.Splits : [1], HasNarrowCache = rule.HasNarrowCache };
        }

        return LatentDecode;
    }

    /// <summary>Formats in which layers of experts run where that of their weights does not say it; the first that fits.</summary>
    public ImmutableArray<ExpertFormatRule> ExpertFormats { get; init; } = [];

    /// <summary>The format in which a layer of experts with such weights runs on chips of a family.</summary>
    public NumberFormat ExpertFormatOf(string family, NumberFormat weights)
    {
        foreach (ExpertFormatRule rule in ExpertFormats)
        {
            if (rule.Format == weights && (rule.Families.IsEmpty || rule.Families.Contains(family)))
                return rule.RunsAs;
        }

        return weights;
    }

    /// <summary>The tiles of products of experts in a format on a chip of a family.</summary>
    public ExpertStructure ExpertsOf(string family, string format)
    {
        foreach (ExpertRule rule in ExpertKernels)
        {
            if ((rule.Families.IsEmpty || rule.Families.Contains(family)) && (rule.Formats.IsEmpty || rule.Formats.Contains(format)))
                return Experts with { TilesFromMean = rule.TilesFromMean, TileColumns = rule.TileColumns.IsEmpty ? Experts.TileColumns : rule.TileColumns };
        }

        return Experts;
    }

    /// <summary>The name by which calibration files call an operator.</summary>
    public static string NameOf(in Operator work) => work.Kind switch
    {
        OperatorKind.Matmul => work.IsRouted ? ExpertsName : GemmName,
        OperatorKind.ExpertLayer => ExpertsName,
        OperatorKind.AttentionForward or OperatorKind.AttentionBackward => work.IsLatent ? LatentPrefillName : PrefillName,
        OperatorKind.AttentionDecode => work.HasSharedValues ? LatentDecodeName : DecodeName,
        _ => MovingNameOf(work.Kind),
    };

    /// <summary>The name by which calibration files call the operators of a kind that is bounded by memory.</summary>
    public static string MovingNameOf(OperatorKind kind) => kind switch
    {
        OperatorKind.Norm => "norm",
        OperatorKind.Rotary => "rotary",
        OperatorKind.Activation => "activation",
        // Optimizers stream through memory as an addition does.
        OperatorKind.ResidualAdd or OperatorKind.OptimizerUpdate => ResidualAddName,
        OperatorKind.Gather => "gather",
        _ => ElementwiseName,
    };

    /// <summary>
    /// The name by which calibration files call the format of an operator of a library on a chip of a family: the format, then the library where one is
    /// told apart; empty where one fit holds for all.
    /// </summary>
    public string FormatOf(in Operator work, string family, string library = "")
    {
        string format = FormatOf(work, family);
        return library.Length == 0 || format.Length == 0 || format.EndsWith(library, StringComparison.Ordinal) ? format : $"{format}-{library}";
    }

    /// <summary>The formats whose constants stand in for those of a format, nearest first: that of no library, then its nearest.</summary>
    public ImmutableArray<string> NearestOf(string format)
    {
        ArgumentNullException.ThrowIfNull(format);
        if (NearestFormats.TryGetValue(format, out ImmutableArray<string> nearest))
            return nearest;
        foreach (string library in Libraries)
        {
            if (format.EndsWith("-" + library, StringComparison.Ordinal))
            {
                string stem = format[..^(library.Length + 1)];
                return [stem, .. NearestFormats.GetValueOrDefault(stem, [])];
            }
        }

        return [];
    }

    private string FormatOf(in Operator work, string family)
    {
        switch (work.Kind)
        {
            case OperatorKind.Matmul or OperatorKind.ExpertLayer:
                return work.Format.Text();
            case OperatorKind.AttentionForward or OperatorKind.AttentionBackward or OperatorKind.AttentionDecode:
                string format = AttentionFormat(work.Format, work.KvFormat);
                int rule = AttentionKernelOf(work, family);
                return rule < 0 ? format : $"{format}-{AttentionKernels[rule].Name}";
            default:
                return "";
        }
    }

    /// <summary>Place of the rule whose kernel serves an attention; -1 for the library's main one.</summary>
    public int AttentionKernelOf(in Operator work, string family)
    {
        if (work.IsLatent)
            return -1;
        for (int rule = 0; rule < AttentionKernels.Length; rule++)
        {
            if (AttentionKernels[rule].Serves(work, family))
                return rule;
        }

        return -1;
    }

    /// <summary>The constants of an operator by the name calibration files call it.</summary>
    public ImmutableArray<OperatorConstant> ConstantsOf(string operatorName) => operatorName switch
    {
        GemmName => GemmConstants,
        PrefillName => PrefillConstants,
        DecodeName => DecodeConstants,
        LatentPrefillName => LatentPrefillConstants,
        LatentDecodeName => LatentDecodeConstants,
        ExpertsName => ExpertConstants,
        _ => ElementwiseConstants,
    };

    /// <summary>Class of the residual spread of an isolated time in s, from 0.</summary>
    public int SpreadClass(double isolated)
    {
        int place = 0;
        while (place < SpreadEdges.Length && isolated > SpreadEdges[place])
            place++;
        return place;
    }

    /// <summary>Name of the attention constants of these formats: that of the queries, or with <c>-cache8</c> where an 8-bit cache serves 16-bit queries.</summary>
    public static string AttentionFormat(NumberFormat queries, NumberFormat cache)
    {
        string name = queries is NumberFormat.Fp16 or NumberFormat.Tf32 or NumberFormat.Fp32 ? NumberFormat.Bf16.Text() : queries.Text();
        return queries.BytesPerElement() > 1.5 && cache.BytesPerElement() < 1.5 ? name + "-cache8" : name;
    }
}
