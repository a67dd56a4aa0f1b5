using System.Collections.Immutable;
using Orrery.Models;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Reading;

/// <summary>
/// A published training job with every gap filled by a stated rule: what a predictor is asked. Degrees multiply to <see cref="Units"/>.
/// </summary>
public sealed record TrainingCaseInputs
{
    public required CaseOrigin Origin { get; init; }

    public required ModelArchitecture Architecture { get; init; }

    /// <summary>As printed; one of a chip's aliases in the catalogue.</summary>
    public required string Chip { get; init; }

    /// <summary>Likely system; empty where unclear.</summary>
    public required string System { get; init; }

    public required string Stack { get; init; }

    /// <summary>Accelerator packages.</summary>
    public required int Chips { get; init; }

    /// <summary>What the degrees count: logical cores, GPUs, devices; a multiple of <see cref="Chips"/>.</summary>
    public required int Units { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    public required int Sequence { get; init; }

    /// <summary>Sequences of a step, whole job.</summary>
    public required int GlobalBatch { get; init; }

    /// <summary>Sequences of a micro-batch.</summary>
    public required int MicroBatch { get; init; }

    /// <summary>Micro-batches of a step and data-parallel rank.</summary>
    public required int GradientAccumulation { get; init; }

    public required int TensorParallel { get; init; }

    public required int PipelineParallel { get; init; }

    /// <summary>Interleaved stages a rank; 1 is none.</summary>
    public required int VirtualStages { get; init; }

    public required int DataParallel { get; init; }

    public required int ContextParallel { get; init; }

    public required int ExpertParallel { get; init; }

    public required int Zero { get; init; }

    /// <summary>Ranks that share one copy of the weights; 0 where weights are not sharded over data-parallel ranks.</summary>
    public required int ShardRanks { get; init; }

    /// <summary>Null is not stated: the stack's default holds.</summary>
    public required bool? SequenceParallel { get; init; }

    public required CaseRecompute Recompute { get; init; }

    /// <summary>As printed.</summary>
    public required string RecomputeWords { get; init; }

    public required PrecisionReading Precision { get; init; }

    public required CaseOptimizer Optimizer { get; init; }

    public required CaseTask Task { get; init; }

    /// <summary>As printed, for what a stack may want to look at.</summary>
    public required JobColumns Job { get; init; }

    /// <summary>Every gap that was filled and every reading that was chosen, a clause each.</summary>
    public required ImmutableArray<string> Notes { get; init; }

    public int RanksPerChip => Units / Chips;

    public double TokensPerStep => (double)GlobalBatch * Sequence;
}
