using System.Collections.Immutable;
using System.Globalization;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>
/// The choices of a plan that a framework may be told, each by the key it has in JSON, with its value as text. Plans are compared after
/// <see cref="Canonical"/>: experts of a network without any, or the schedule of one stage, make no difference.
/// </summary>
public static class PlanEntries
{
    public const string TensorParallel = "tp";
    public const string PipelineParallel = "pp";
    public const string VirtualStages = "vpp";
    public const string DataParallel = "dp";
    public const string ContextParallel = "cp";
    public const string ExpertParallel = "ep";
    public const string ExpertTensorParallel = "etp";
    public const string MicroBatch = "microBatch";
    public const string GlobalBatch = "globalBatch";
    public const string Sequence = "seq";
    public const string Recompute = "recompute";
    public const string Zero = "zero";
    public const string ShardRanks = "shardRanks";
    public const string SequenceParallel = "sequenceParallel";
    public const string Attention = "attention";
    public const string Precision = "precision";
    public const string Schedule = "schedule";
    public const string Order = "order";
    public const string FrozenWeights = "frozenWeights";
    public const string ContextLayout = "cpLayout";
    public const string ContextInner = "cpInner";
    public const string ContextBalance = "cpBalance";
    public const string OptimizerStates = "optimizerStates";
    public const string Gradients = "gradients";
    public const string PipelineSplit = "pipelineSplit";
    public const string Offload = "offload";
    public const string Prefetch = "prefetch";
    public const string CapacityFactor = "capacityFactor";
    public const string OverlapExperts = "overlapExperts";

    /// <summary>Word of the layout of context parallelism that swaps heads within groups and passes keys round between them.</summary>
    internal const string Hybrid = "hybrid";

    /// <summary>Every key, in the order reports list them.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        TensorParallel, PipelineParallel, VirtualStages, DataParallel, ContextParallel, ExpertParallel, ExpertTensorParallel, MicroBatch, GlobalBatch,
        Sequence, Recompute, Zero, ShardRanks, SequenceParallel, Attention, Precision, Schedule, Order, FrozenWeights,
        ContextLayout, ContextInner, ContextBalance, OptimizerStates, Gradients,
        PipelineSplit, Offload, Prefetch, CapacityFactor, OverlapExperts,
    ];

    /// <summary>Options that a framework has no arguments for unless it says so (<see cref="LaunchFramework.Options"/>).</summary>
    public static ImmutableArray<string> Options { get; } = [PipelineSplit, Offload, Prefetch, CapacityFactor, OverlapExperts];

    /// <summary>
    /// The plan with every choice that has no effect at its default; <paramref name="hasExperts"/> is whether EP and ETP mean anything.
    /// </summary>
    public static Plan Canonical(Plan plan, bool hasExperts)
    {
        bool hasPeers = plan.DataParallel > 1 || plan.ContextParallel > 1;
        // One rank that shares with nobody holds everything.
        bool isAlone = plan.Zero == 3 && plan.ShardRanks == 1 && plan.DataParallel > 1 && plan.ContextParallel == 1;
        int zero = hasPeers && !isAlone ? plan.Zero : 0;
        return plan with
        {
            ExpertParallel = hasExperts ? plan.ExpertParallel : 1,
            ExpertTensorParallel = hasExperts ? plan.ExpertTensorParallel : 1,
            Zero = zero,
            ShardRanks = zero < 3 || plan.ShardRanks >= plan.DataParallel ? 0 : plan.ShardRanks,
            SequenceParallel = plan.SequenceParallel && plan.TensorParallel > 1,
            Schedule = plan.PipelineParallel == 1 || (plan.VirtualStages == 1 && plan.Schedule == Training.Schedule.UsualOfChunks)
                ? Training.Schedule.Usual
                : plan.Schedule,
            ContextLayout = plan.ContextParallel == 1 ? Training.ContextLayout.Usual : plan.ContextLayout,
            ContextInner = plan.ContextParallel == 1 || plan.ContextLayout.Name != Hybrid ? 0 : plan.ContextInner,
            IsContextBalanced = plan.ContextParallel == 1 || plan.IsContextBalanced,
            RecomputeModules = plan.Recompute == Training.Recompute.Modules ? plan.RecomputeModules : RecomputeModules.None,
            Split = plan.PipelineParallel == 1 ? null : plan.Split,
            Prefetch = zero < 3 ? 1 : plan.Prefetch,
            CapacityFactor = hasExperts ? plan.CapacityFactor : 0,
            OverlapsExperts = hasExperts && plan.OverlapsExperts,
            FrozenFormat = plan.HasFrozenWeights ? plan.FrozenFormat : NumberFormat.Bf16,
        };
    }

    /// <summary>The entry of a plan, made <see cref="Canonical"/> before, as text.</summary>
    public static string Text(Plan plan, string entry) => entry switch
    {
        TensorParallel => Number(plan.TensorParallel),
        PipelineParallel => Number(plan.PipelineParallel),
        VirtualStages => Number(plan.VirtualStages),
        DataParallel => Number(plan.DataParallel),
        ContextParallel => Number(plan.ContextParallel),
        ExpertParallel => Number(plan.ExpertParallel),
        ExpertTensorParallel => Number(plan.ExpertTensorParallel),
        MicroBatch => Number(plan.MicroBatch),
        GlobalBatch => Number(plan.GlobalBatch),
        Sequence => Number(plan.Sequence),
        Recompute => plan.Recompute == Training.Recompute.Modules ? $"of {plan.RecomputeModules}" : plan.Recompute.ToString(),
        Zero => Number(plan.Zero),
        ShardRanks => Number(plan.ShardRanks),
        SequenceParallel => plan.SequenceParallel ? "on" : "off",
        Attention => plan.Attention.ToString(),
        Precision => plan.Precision.Text(),
        Schedule => plan.Schedule.Name,
        Order => plan.Order,
        FrozenWeights => plan.HasFrozenWeights ? plan.FrozenFormat.Text() : "none",
        ContextLayout => plan.ContextLayout.Name,
        ContextInner => Number(plan.ContextInner),
        ContextBalance => plan.IsContextBalanced ? "zigzag" : "none",
        OptimizerStates => plan.OptimizerStates.ToString(),
        Gradients => plan.Gradients?.Text() ?? "own",
        PipelineSplit => plan.Split?.ToString() ?? "even",
        Offload => plan.Offload.ToString(),
        Prefetch => Number(plan.Prefetch),
        CapacityFactor => plan.CapacityFactor.ToString("R", CultureInfo.InvariantCulture),
        OverlapExperts => plan.OverlapsExperts ? "on" : "off",
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry, "no such entry of a plan"),
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
