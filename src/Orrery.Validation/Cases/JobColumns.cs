namespace Orrery.Validation.Cases;

/// <summary>
/// The inputs of a training case as its source states them; null is not stated. Shared by training and memory files; units and meanings are in
/// <c>data/validation/README.md</c>.
/// </summary>
public sealed record JobColumns
{
    public required string Task { get; init; }

    public required string Model { get; init; }

    /// <summary>Folder of <c>data/models</c>; empty where the shape is in the columns alone.</summary>
    public required string ModelConfig { get; init; }

    public double? ParamsBillion { get; init; }

    public double? ActiveParamsBillion { get; init; }

    public int? Layers { get; init; }

    public int? Hidden { get; init; }

    public int? Heads { get; init; }

    public int? KvHeads { get; init; }

    public int? HeadDim { get; init; }

    public int? Ffn { get; init; }

    public int? Vocab { get; init; }

    public int? Experts { get; init; }

    public int? TopK { get; init; }

    public int? MoeFfn { get; init; }

    public bool? GatedMlp { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    public int? Seq { get; init; }

    public int? GlobalBatchSeqs { get; init; }

    public int? MicroBatchSeqs { get; init; }

    /// <summary>Micro-batches a step and data-parallel rank.</summary>
    public int? GradAccum { get; init; }

    public int? Tp { get; init; }

    public bool? SequenceParallel { get; init; }

    public int? Pp { get; init; }

    /// <summary>Interleaved stages a rank; some sources print 0 for none.</summary>
    public int? Vp { get; init; }

    public int? Dp { get; init; }

    public int? Cp { get; init; }

    public int? Ep { get; init; }

    /// <summary>Ranks that share one copy of the weights; 0 is no sharding.</summary>
    public int? FsdpShard { get; init; }

    public int? Zero { get; init; }

    public required string Optimizer { get; init; }

    public required string Recompute { get; init; }

    public required string Precision { get; init; }

    public required string Chip { get; init; }

    public double? ChipMemoryGb { get; init; }

    public int? Chips { get; init; }

    public required string ParallelUnit { get; init; }

    /// <summary>What the degrees count: cores, GPUs or devices.</summary>
    public int? Units { get; init; }

    public int? Nodes { get; init; }

    public required string Network { get; init; }

    public required string Framework { get; init; }

    public required string SoftwareVersion { get; init; }

    public required string Notes { get; init; }
}
