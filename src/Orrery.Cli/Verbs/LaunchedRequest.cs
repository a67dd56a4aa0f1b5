using System.Collections.Immutable;
using System.Globalization;
using Orrery.Catalog;
using Orrery.Cli.Arguments;
using Orrery.Interchange.Launch;
using Orrery.Training;

namespace Orrery.Cli.Verbs;

/// <summary>A request whose plan comes from launch arguments (<c>--from-launch</c>); flags of our own take their place where both say something.</summary>
public static class LaunchedRequest
{
    /// <summary>Flags that set an entry of the plan, where it has another name than the entry.</summary>
    private static readonly (string Entry, string Flag)[] Flags =
    [
        (PlanEntries.TensorParallel, "--tp"), (PlanEntries.PipelineParallel, "--pp"), (PlanEntries.VirtualStages, "--vpp"), (PlanEntries.DataParallel, "--dp"),
        (PlanEntries.ContextParallel, "--cp"), (PlanEntries.ExpertParallel, "--ep"), (PlanEntries.ExpertTensorParallel, "--etp"),
        (PlanEntries.MicroBatch, "--micro-batch"), (PlanEntries.GlobalBatch, "--global-batch"), (PlanEntries.Sequence, "--seq"),
        (PlanEntries.Recompute, "--recompute"), (PlanEntries.Zero, "--zero"), (PlanEntries.ShardRanks, "--shard-ranks"),
        (PlanEntries.SequenceParallel, "--sequence-parallel"), (PlanEntries.Attention, "--attention"), (PlanEntries.Precision, "--precision"),
        (PlanEntries.Schedule, "--schedule"), (PlanEntries.Order, "--order"), (PlanEntries.FrozenWeights, "--frozen-weights"),
        (PlanEntries.ContextLayout, "--cp-layout"), (PlanEntries.ContextInner, "--cp-inner"), (PlanEntries.ContextBalance, "--cp-balance"),
        (PlanEntries.OptimizerStates, "--optimizer-states"), (PlanEntries.Gradients, "--gradients"),
        (PlanEntries.PipelineSplit, "--pipeline-split"), (PlanEntries.Offload, "--offload"), (PlanEntries.Prefetch, "--prefetch"),
        (PlanEntries.CapacityFactor, "--capacity-factor"), (PlanEntries.OverlapExperts, "--overlap-experts"),
    ];

    /// <summary>The request with the plan of <paramref name="launched"/> where the flags leave it open. What is wrong goes to <paramref name="problems"/>.</summary>
    public static TrainingRequest Merge(
        TrainingRequest request, string launched, ParsedArguments arguments, string dataRoot, List<Diagnostic> problems)
    {
        if (LaunchInput.Open(launched, problems) is not { } input)
            return request;
        int? logicalCore = request.Lnc ?? input.Framework.LogicalCoreOf(input.Settings);
        LaunchJob job = LaunchJob.Of(request.Model, request.System, arguments.Integer("--chips") ?? 0, logicalCore);
        LaunchReading reading = input.Framework.Read(input.Settings, input.File, job, LaunchNames.Of(input.Framework, dataRoot));
        problems.AddRange(reading.Diagnostics);
        foreach ((string entry, string flag) in Flags)
        {
            if (reading.States(entry) && arguments.Text(flag) is { } given)
                problems.Add(new(Severity.Note, LaunchCodes.Overridden, flag, 0, 0, $"{Quote.Argument(given)} takes the place of {PlanEntries.Text(reading.Plan, entry)} in the launch arguments"));
        }

        Plan plan = reading.Plan;
        // Data parallelism is what the other degrees leave; where a flag moves one of them, it moves too.
        bool isMoved = arguments.Text("--tp") is not null || arguments.Text("--pp") is not null || arguments.Text("--cp") is not null;
        return request with
        {
            Lnc = logicalCore,
            Chips = arguments.Integer("--chips") ?? Chips(reading, job, problems),
            TensorParallel = Number(request.TensorParallel, PlanEntries.TensorParallel, plan.TensorParallel),
            PipelineParallel = Number(request.PipelineParallel, PlanEntries.PipelineParallel, plan.PipelineParallel),
            VirtualStages = Number(request.VirtualStages, PlanEntries.VirtualStages, plan.VirtualStages),
            DataParallel = isMoved ? request.DataParallel : Number(request.DataParallel, PlanEntries.DataParallel, plan.DataParallel),
            ContextParallel = Number(request.ContextParallel, PlanEntries.ContextParallel, plan.ContextParallel),
            ExpertParallel = Number(request.ExpertParallel, PlanEntries.ExpertParallel, plan.ExpertParallel),
            ExpertTensorParallel = Number(request.ExpertTensorParallel, PlanEntries.ExpertTensorParallel, plan.ExpertTensorParallel),
            MicroBatch = Number(request.MicroBatch, PlanEntries.MicroBatch, plan.MicroBatch),
            GlobalBatch = Number(request.GlobalBatch, PlanEntries.GlobalBatch, plan.GlobalBatch),
            Sequence = Number(request.Sequence, PlanEntries.Sequence, plan.Sequence),
            Zero = Number(request.Zero, PlanEntries.Zero, plan.Zero),
            ShardRanks = Number(request.ShardRanks, PlanEntries.ShardRanks, plan.ShardRanks),
            Recompute = request.Recompute ?? (reading.States(PlanEntries.Recompute) ? plan.Recompute : null),
            RecomputeModules = request.Recompute is null && reading.States(PlanEntries.Recompute) ? plan.RecomputeModules : request.RecomputeModules,
            Split = request.Split ?? plan.Split,
            Offload = arguments.Text("--offload") is null ? plan.Offload : request.Offload,
            Prefetch = request.Prefetch ?? (plan.Prefetch == 1 ? null : plan.Prefetch),
            CapacityFactor = request.CapacityFactor ?? (plan.CapacityFactor > 0 ? plan.CapacityFactor : null),
            OverlapsExperts = request.OverlapsExperts ?? (plan.OverlapsExperts ? true : null),
            SequenceParallel = request.SequenceParallel ?? (reading.States(PlanEntries.SequenceParallel) ? plan.SequenceParallel : null),
            Attention = request.Attention ?? (reading.States(PlanEntries.Attention) ? plan.Attention : null),
            Schedule = request.Schedule ?? (reading.States(PlanEntries.Schedule) && plan.PipelineParallel > 1 ? plan.Schedule : null),
            ContextLayout = request.ContextLayout ?? (reading.States(PlanEntries.ContextLayout) && plan.ContextParallel > 1 ? plan.ContextLayout : null),
            ContextInner = request.ContextInner ?? (reading.States(PlanEntries.ContextInner) && plan.ContextInner > 0 ? plan.ContextInner : null),
            IsContextBalanced = request.IsContextBalanced ?? (reading.States(PlanEntries.ContextBalance) && plan.ContextParallel > 1 ? plan.IsContextBalanced : null),
            Gradients = request.Gradients ?? (reading.States(PlanEntries.Gradients) ? plan.Gradients : null),
            FrozenWeights = request.FrozenWeights ?? (plan.HasFrozenWeights ? plan.FrozenFormat : null),
            OptimizerStates = arguments.Text("--optimizer-states") is null && reading.States(PlanEntries.OptimizerStates) ? plan.OptimizerStates : request.OptimizerStates,
            Precision = arguments.Text("--precision") is null && reading.States(PlanEntries.Precision) ? plan.Precision : request.Precision,
            Order = arguments.Text("--order") is null && reading.States(PlanEntries.Order) ? plan.Order : request.Order,
        };

        int? Number(int? given, string entry, int read) => given ?? (reading.States(entry) ? read : null);
    }

    /// <summary>Chips that hold the ranks which the arguments launch; 1 with a complaint where they do not say, or launch part of a chip.</summary>
    private static int Chips(LaunchReading reading, LaunchJob job, List<Diagnostic> problems)
    {
        if (reading.Ranks == 0)
        {
            problems.Add(new(Severity.Error, ErrorCodes.MissingFlag, "--chips", 0, 0, "is needed: the launch arguments do not say how many ranks there are"));
            return 1;
        }

        if (reading.Ranks % job.RanksPerChip == 0)
            return reading.Ranks / job.RanksPerChip;
        problems.Add(new(
            Severity.Error, LaunchCodes.Contradiction, LaunchInput.Flag, 0, 0,
            string.Create(CultureInfo.InvariantCulture, $"launches {reading.Ranks} ranks, which fill no whole number of chips of {job.RanksPerChip}")));
        return 1;
    }
}
