using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Keys of the job file of NxD Training (neuronx-distributed-training), as YAML or as <c>section.key=value</c>.</summary>
/// <remarks>
/// Source: aws-neuron/neuronx-distributed-training, commit 9169aa0, docs/general/config_overview.rst and examples/conf. Data parallelism is what the
/// other degrees leave of <c>trainer.devices x trainer.num_nodes</c>; experts are split over all tensor-parallel ranks; ZeRO goes to stage 1.
/// </remarks>
public sealed class NxdLaunch : LaunchFramework
{
    private static readonly string[] Precisions = ["mixed_precision", "mixed_precisionSR", "bf16SR", "autocast", "manual", "fp32"];

    public override string Name => "nxd";

    public override string Release => "NxD Training";

    public override ImmutableArray<string> Options => [PlanEntries.CapacityFactor];

    public override ImmutableArray<string> Keys { get; } =
    [
        "distributed_strategy.tensor_model_parallel_size", "distributed_strategy.pipeline_model_parallel_size",
        "distributed_strategy.virtual_pipeline_model_parallel_size", "distributed_strategy.context_parallel_size",
        "distributed_strategy.expert_model_parallel_size", "distributed_strategy.zero1", "distributed_strategy.sequence_parallel", "trainer.devices",
        "trainer.num_nodes", "trainer.lnc", "data.micro_batch_size", "data.global_batch_size", "model.encoder_seq_length",
        "model.activations_checkpoint_granularity", "model.activations_checkpoint_recompute", "model.fusions.flash_attention", "model.fusions.ring_attention",
        "model.moe.dropless", "model.moe.capacity_factor",
        "precision.type", "model_alignment_strategy.peft.lora_rank",
    ];

    public override bool TakesBareWords => true;

    public override string Spell(string key) => key + ":";

    public override int? LogicalCoreOf(IReadOnlyList<LaunchSetting> settings)
    {
        int? cores = null;
        foreach (LaunchSetting setting in settings)
        {
            if (setting.Name == "trainer.lnc" && int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                cores = value;
        }

        return cores;
    }

    protected override void Write(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        long ranks = plan.Ranks;
        long perServer = GreatestDivisor(ranks, job.RanksPerServer);
        writer.Add("trainer.devices", perServer);
        writer.Add("trainer.num_nodes", ranks / perServer);
        if (job.LogicalCore is { } cores)
            writer.Add("trainer.lnc", cores);
        writer.Add("distributed_strategy.tensor_model_parallel_size", plan.TensorParallel);
        writer.Add("distributed_strategy.pipeline_model_parallel_size", plan.PipelineParallel);
        writer.Add("distributed_strategy.virtual_pipeline_model_parallel_size", plan.VirtualStages);
        writer.Add("distributed_strategy.context_parallel_size", plan.ContextParallel);
        if (job.HasExperts)
        {
            writer.Add("distributed_strategy.expert_model_parallel_size", plan.ExpertParallel);
            if (plan.ExpertTensorParallel != plan.TensorParallel)
                writer.Gap(PlanEntries.ExpertTensorParallel, string.Create(CultureInfo.InvariantCulture, $"etp {plan.ExpertTensorParallel}; experts are split over all tensor-parallel ranks, {plan.TensorParallel}"));
        }

        writer.Add("distributed_strategy.zero1", plan.Zero >= 1 ? "True" : "False");
        if (plan.Zero > 1)
            writer.Gap(PlanEntries.Zero, string.Create(CultureInfo.InvariantCulture, $"zero {plan.Zero}; optimizer states alone are shared out (zero1)"));
        if (plan.ShardRanks > 0)
            writer.Gap(PlanEntries.ShardRanks, "hybrid sharding of weights");
        writer.Add("distributed_strategy.sequence_parallel", plan.SequenceParallel ? "True" : "False");
        writer.Add("data.micro_batch_size", plan.MicroBatch);
        writer.Add("data.global_batch_size", plan.GlobalBatch);
        writer.Add("model.encoder_seq_length", plan.Sequence);
        switch (plan.Recompute)
        {
            case Recompute.Full:
                writer.Add("model.activations_checkpoint_granularity", "full");
                break;
            case Recompute.Selective:
                writer.Add("model.activations_checkpoint_granularity", "selective");
                writer.Add("model.activations_checkpoint_recompute", "[CoreAttention]");
                break;
            default:
                writer.Add("model.activations_checkpoint_granularity", "null");
                break;
        }

        if (job.HasExperts)
        {
            writer.Add("model.moe.dropless", plan.CapacityFactor > 0 ? "False" : "True");
            if (plan.CapacityFactor > 0)
                writer.Add("model.moe.capacity_factor", plan.CapacityFactor.ToString("R", CultureInfo.InvariantCulture));
        }

        writer.Add("model.fusions.flash_attention", plan.Attention == AttentionKernel.Flash ? "True" : "False");
        if (plan.ContextParallel > 1)
            writer.Add("model.fusions.ring_attention", "True");
        writer.Add("precision.type", plan.Precision == NumberFormat.Fp32 ? "fp32" : "mixed_precision");
        if (plan.Precision is not (NumberFormat.Bf16 or NumberFormat.Fp32))
            writer.Gap(PlanEntries.Precision, $"precision {plan.Precision.Text()}; NxD Training multiplies in bf16 or fp32");
        if (plan.ContextLayout != ContextLayout.Usual)
            writer.Gap(PlanEntries.ContextLayout, $"context parallelism by {plan.ContextLayout.Name}; NxD Training has ring attention");
        if (plan.ContextInner > 0)
            writer.Gap(PlanEntries.ContextInner, "groups that swap heads");
        if (!plan.IsContextBalanced)
            writer.Gap(PlanEntries.ContextBalance, "tokens in their order on context-parallel ranks");
        if (plan.OptimizerStates != OptimizerStates.Fp32)
            writer.Gap(PlanEntries.OptimizerStates, "moments of the optimizer below fp32");
        if (plan.Gradients is { } gradients)
            writer.Gap(PlanEntries.Gradients, $"gradients in {gradients.Text()}; precision.type decides");
        if (plan.Schedule != Schedule.UsualFor(plan.VirtualStages))
            writer.Gap(PlanEntries.Schedule, $"schedule {plan.Schedule.Name}; NxD Training runs 1f1b, or interleaved with virtual stages");
        if (plan.Order != new Plan().Order)
            writer.Gap(PlanEntries.Order, $"order {plan.Order}; ranks are laid {new Plan().Order}");
        if (plan.HasFrozenWeights)
            writer.Gap(PlanEntries.FrozenWeights, "frozen weights under adapters: their rank and targets, model_alignment_strategy.peft, are no part of the plan");
    }

    protected override void Format(LaunchWriter writer, StringBuilder text) => FormatYaml(writer.Arguments, text);

    protected override void Read(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        plan.State(PlanEntries.TensorParallel, arguments.Integer("distributed_strategy.tensor_model_parallel_size") ?? 1, static (one, value) => one with { TensorParallel = value });
        plan.State(PlanEntries.PipelineParallel, arguments.Integer("distributed_strategy.pipeline_model_parallel_size") ?? 1, static (one, value) => one with { PipelineParallel = value });
        plan.State(PlanEntries.VirtualStages, arguments.Integer("distributed_strategy.virtual_pipeline_model_parallel_size") ?? 1, static (one, value) => one with { VirtualStages = value });
        plan.State(PlanEntries.ContextParallel, arguments.Integer("distributed_strategy.context_parallel_size") ?? 1, static (one, value) => one with { ContextParallel = value });
        plan.State(PlanEntries.ExpertParallel, arguments.Integer("distributed_strategy.expert_model_parallel_size") ?? 1, static (one, value) => one with { ExpertParallel = value });
        plan.State(PlanEntries.ExpertTensorParallel, one => one with { ExpertTensorParallel = job.HasExperts ? one.TensorParallel : 1 });
        if (plan.Plan.VirtualStages > 1 && plan.Plan.PipelineParallel == 1)
            arguments.Contradiction("distributed_strategy.virtual_pipeline_model_parallel_size", "needs pipeline_model_parallel_size above 1");
        int? devices = arguments.Integer("trainer.devices");
        int? nodes = arguments.Integer("trainer.num_nodes");
        if (devices is { } perNode)
            plan.Launches("trainer.devices", (long)perNode * (nodes ?? 1));
        int? cores = arguments.Integer("trainer.lnc");
        if (cores is not null && job.LogicalCore is { } known && known != cores)
            arguments.Contradiction("trainer.lnc", string.Create(CultureInfo.InvariantCulture, $"joins {cores} NeuronCores, but the job's logical cores join {known}"));
        plan.DivideRanks("distributed_strategy.tensor_model_parallel_size");

        plan.State(PlanEntries.MicroBatch, arguments.Integer("data.micro_batch_size"), static (one, value) => one with { MicroBatch = value });
        plan.State(PlanEntries.GlobalBatch, arguments.Integer("data.global_batch_size"), static (one, value) => one with { GlobalBatch = value });
        plan.State(PlanEntries.Sequence, arguments.Integer("model.encoder_seq_length"), static (one, value) => one with { Sequence = value });
        bool isSharded = arguments.Switch("distributed_strategy.zero1") ?? false;
        plan.State(PlanEntries.Zero, one => one with { Zero = isSharded ? 1 : 0 });
        plan.State(PlanEntries.ShardRanks, static one => one);
        bool isSequenceParallel = arguments.Switch("distributed_strategy.sequence_parallel") ?? false;
        plan.State(PlanEntries.SequenceParallel, one => one with { SequenceParallel = isSequenceParallel && one.TensorParallel > 1 });
        int granularity = arguments.Word("model.activations_checkpoint_granularity", "null", "selective", "full") ?? 0;
        if (arguments.Text("model.activations_checkpoint_recompute") is { } modules && modules is not ("CoreAttention" or "[CoreAttention]" or "null" or "") && granularity == 1)
            arguments.Nearest("model.activations_checkpoint_recompute", "names more than CoreAttention; the attention scores alone are taken");
        plan.State(PlanEntries.Recompute, one => one with { Recompute = (Recompute)granularity });
        bool isFlash = arguments.Switch("model.fusions.flash_attention") ?? false;
        bool isRing = arguments.Switch("model.fusions.ring_attention") ?? false;
        if (plan.Plan.ContextParallel > 1 && !isRing)
            arguments.Contradiction("distributed_strategy.context_parallel_size", "above 1 needs model.fusions.ring_attention: True");
        plan.State(PlanEntries.Attention, one => one with { Attention = isFlash ? AttentionKernel.Flash : AttentionKernel.Unfused });
        int precision = arguments.Word("precision.type", Precisions) ?? 0;
        plan.State(PlanEntries.Precision, one => one with { Precision = precision == Precisions.Length - 1 ? NumberFormat.Fp32 : NumberFormat.Bf16 });
        plan.State(PlanEntries.Schedule, static one => one with { Schedule = Schedule.UsualFor(one.VirtualStages) });
        plan.State(PlanEntries.Order, static one => one);
        bool isDropless = arguments.Switch("model.moe.dropless") ?? false;
        double capacity = arguments.Number("model.moe.capacity_factor", allowsZero: true) ?? 0;
        plan.State(PlanEntries.CapacityFactor, one => one with { CapacityFactor = isDropless ? 0 : capacity });
        bool isAdapted = arguments.Has("model_alignment_strategy.peft.lora_rank");
        plan.State(PlanEntries.FrozenWeights, one => one with { HasFrozenWeights = isAdapted });
        foreach (string entry in (ReadOnlySpan<string>)[PlanEntries.ContextLayout, PlanEntries.ContextInner, PlanEntries.ContextBalance, PlanEntries.OptimizerStates, PlanEntries.Gradients])
            plan.State(entry, static one => one);
    }
}
