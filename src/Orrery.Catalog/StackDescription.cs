using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>One constant of a stack: value, physical range, where it came from.</summary>
public sealed record ConstantReading(string Name, double Value, double Low, double High, Mark Mark, string Source)
{
    /// <summary>The unit the three numbers are in, as the vocabulary declares it; <c>1</c> for a pure number.</summary>
    public string Unit { get; init; } = "1";

    /// <summary>True where the value sits on an end of its range (within a thousandth of the span).</summary>
    public bool IsAtLimit => Mark == Mark.Calibrated && (Value - Low <= 1e-3 * (High - Low) || High - Value <= 1e-3 * (High - Low));
}

/// <summary>
/// A named, versioned software stack. Loaded from <c>data/stacks/ID.yaml</c>; calibrated constants come from <c>data/calibration/stacks/ID.yaml</c>.
/// The vocabulary of constants, with units and ranges, is <c>data/stacks/constants.yaml</c>.
/// </summary>
public sealed record StackDescription
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Names this set of constants answers for: exact, or with one <c>*</c> for any letters (<c>megatron-bridge-*</c>).</summary>
    public required ImmutableArray<string> Covers { get; init; }

    /// <summary>The stack that one of one's own is a copy of; empty for stacks of the catalogue.</summary>
    public string BasedOn { get; init; } = "";

    /// <summary>Attention kernel used when the plan does not say: <c>flash</c> or <c>unfused</c>.</summary>
    public required string Attention { get; init; }

    /// <summary>Recomputation the framework's defaults use when a case leaves it blank.</summary>
    public string DefaultRecompute { get; init; } = "none";

    /// <summary>Whether sequence parallelism is on by default where TP is used.</summary>
    public bool DefaultSequenceParallel { get; init; }

    /// <summary>Words of the pipeline schedules that the stack has: what a search may choose.</summary>
    public ImmutableArray<string> Schedules { get; init; } = ["1f1b", "interleaved"];

    /// <summary>Vocabulary is padded to a multiple of this times TP; 1 is no padding.</summary>
    public int VocabularyPadding { get; init; } = 1;

    /// <summary>The vocabulary is padded only where tensor parallelism splits it.</summary>
    public bool PadsVocabularyOnlyWhenSplit { get; init; }

    /// <summary>Bytes of one gradient element as it is reduced: 4 for FP32 main gradients, 2 for 16-bit ones.</summary>
    public double GradientBytes { get; init; } = 4;

    /// <summary>ZeRO-2 reduces gradients after every micro-batch (FSDP's SHARD_GRAD_OP), not once a step.</summary>
    public bool ShardsGradientsEveryMicroBatch { get; init; }

    /// <summary>Whether tensor-parallel communication is overlapped without being asked to.</summary>
    public bool OverlapsTensorParallel { get; init; } = true;

    /// <summary>Full recomputation leaves out a layer's last product, whose result no gradient needs: compilers that see the whole pass do.</summary>
    public bool RecomputeSkipsLastProduct { get; init; }

    /// <summary>
    /// One compiled program runs on a whole scale-up domain, whose chips pace each other: what straggles is domains, not servers.
    /// </summary>
    public bool PacesWholeDomain { get; init; }

    /// <summary>Dropout masks are stored (one byte a token and channel, twice a layer): stacks of the GPT-3 generation.</summary>
    public bool KeepsDropoutMasks { get; init; }

    /// <summary>
    /// Products in 8 or 4 bits keep their input for the weight gradient as it was cast; otherwise it is kept in 16 bits and cast again.
    /// </summary>
    public bool KeepsNarrowInputs { get; init; }

    /// <summary>Constants by name; those not named take the default of the vocabulary.</summary>
    public required ImmutableSortedDictionary<string, ConstantReading> Constants { get; init; }

    /// <summary>Every figure of the file as it was written, in file order, with source and mark: what <c>orrery show</c> prints.</summary>
    public ImmutableArray<Sourced<string>> Figures { get; init; } = [];

    /// <summary>Constants of one chip under this stack (chip id or family, then name).</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ConstantReading>> OnChip { get; init; } =
        ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, ConstantReading>>.Empty;

    /// <summary>
    /// Switches of single releases (<c>26.06: graphs</c>), weakest pattern first; <see cref="DataCatalog.Stack"/> has applied those of the name it was asked for.
    /// </summary>
    public ImmutableArray<ReleaseConstants> ReleaseConstants { get; init; } = [];

    /// <summary>Standard deviation of log(measured/predicted) on rows not fitted; the interval's first part.</summary>
    public double ResidualSigma { get; init; }

    /// <summary>The same by name of the fit (<c>step</c>, <c>experts</c>), where a stack has several.</summary>
    public ImmutableArray<FitSpread> ResidualSigmas { get; init; } = [];

    /// <summary>The residual spread of the fit of that name; null where the stack has none.</summary>
    public double? ResidualSigmaOf(string fit)
    {
        foreach (FitSpread one in ResidualSigmas)
        {
            if (one.Fit == fit)
            {
                return one.Sigma;
            }
        }

        return null;
    }

    /// <summary>Chips whose rows are in the fit.</summary>
    public ImmutableArray<string> FittedChips { get; init; } = [];

    /// <summary>Families of those chips.</summary>
    public ImmutableArray<string> FittedFamilies { get; init; } = [];

    /// <summary>Rows the constants were fitted on: file and ids, for the report.</summary>
    public string FittedOn { get; init; } = "";
}
