using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Training;

/// <summary>
/// What a person asks: the job, the machine, and as much of the plan as they care to fix. A null degree is chosen
/// by the layout search; batch, sequence and precision are never chosen.
/// </summary>
public sealed record TrainingRequest
{
    public required ModelArchitecture Model { get; init; }

    /// <summary>What a sample holds beside tokens of text; <see cref="Model"/> is already the model on such samples.</summary>
    public ModelInputs Inputs { get; init; } = new();

    public required SystemDescription System { get; init; }

    public required StackDescription Stack { get; init; }

    public required int Chips { get; init; }

    /// <summary>Logical-core setting of Neuron chips; null is the chip's default.</summary>
    public int? Lnc { get; init; }

    public int? TensorParallel { get; init; }

    public int? PipelineParallel { get; init; }

    public int? VirtualStages { get; init; }

    public int? DataParallel { get; init; }

    public int? ContextParallel { get; init; }

    public int? ExpertParallel { get; init; }

    public int? ExpertTensorParallel { get; init; }

    public int? MicroBatch { get; init; }

    /// <summary>Null is 2,048 sequences.</summary>
    public int? GlobalBatch { get; init; }

    /// <summary>Null is the smaller of 8,192 and the model's longest sequence.</summary>
    public int? Sequence { get; init; }

    public Recompute? Recompute { get; init; }

    public int? Zero { get; init; }

    public int? ShardRanks { get; init; }

    public bool? SequenceParallel { get; init; }

    public AttentionKernel? Attention { get; init; }

    public NumberFormat Precision { get; init; } = NumberFormat.Bf16;

    public OptimizerStates OptimizerStates { get; init; }

    /// <summary>Null is the stack's own.</summary>
    public NumberFormat? Gradients { get; init; }

    /// <summary>The weights are frozen, in this format, and only low-rank adapters learn; null trains every weight.</summary>
    public NumberFormat? FrozenWeights { get; init; }

    /// <summary>Width of the adapters; null is 16.</summary>
    public int? AdapterRank { get; init; }

    public Schedule? Schedule { get; init; }

    /// <summary>With <see cref="Training.Recompute.Modules"/>, the parts of a layer that run again.</summary>
    public RecomputeModules RecomputeModules { get; init; }

    /// <summary>Null is as even as can be.</summary>
    public PipelineSplit? Split { get; init; }

    public Offload Offload { get; init; }

    /// <summary>Null is one layer ahead.</summary>
    public int? Prefetch { get; init; }

    /// <summary>Null is even.</summary>
    public double? ExpertImbalance { get; init; }

    /// <summary>Null drops no token.</summary>
    public double? CapacityFactor { get; init; }

    public bool? OverlapsExperts { get; init; }

    /// <summary>Mean length of the documents packed into a sequence, which see only themselves; null is one document a sequence.</summary>
    public int? DocumentLength { get; init; }

    /// <summary>Standard deviation of their lengths over the mean; null is 0.</summary>
    public double? DocumentSpread { get; init; }

    /// <summary>Null is the ring.</summary>
    public ContextLayout? ContextLayout { get; init; }

    public int? ContextInner { get; init; }

    /// <summary>False lays tokens on context-parallel ranks in their order.</summary>
    public bool? IsContextBalanced { get; init; }

    public string Order { get; init; } = "tp-cp-ep-dp-pp";

    /// <summary>What prices collectives of the chosen plan; layouts are searched with formulas on the healthy machine.</summary>
    public NetworkKind Network { get; init; }

    /// <summary>Links that are slow or gone, with <see cref="NetworkKind.Flow"/>.</summary>
    public ImmutableArray<NetworkFault> Faults { get; init; } = [];

    /// <summary>Tokens of the whole run, for <c>run</c>; null leaves it out.</summary>
    public double? Tokens { get; init; }

    /// <summary>Overrides the catalogue's price of one chip-hour.</summary>
    public double? UsdPerChipHour { get; init; }

    /// <summary>Seed of anything random (stragglers are expected values, so few things are).</summary>
    public ulong Seed { get; init; }
}
