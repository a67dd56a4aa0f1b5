using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Options of torchtitan: <c>--section.option value</c>, or the tables of its TOML job files.</summary>
/// <remarks>
/// Source: pytorch/torchtitan, tag v0.2.2, torchtitan/config/job_config.py and distributed/pipeline_parallel.py; the token budgets that later versions
/// have in place of batch sizes are read too. Weights are sharded over <c>data_parallel_shard_degree x context_parallel_degree</c> ranks and copied over
/// <c>data_parallel_replicate_degree</c>; sequence parallelism comes with tensor parallelism; a rank's pipeline stages follow from the layers of a stage.
/// </remarks>
public sealed class TorchtitanLaunch : LaunchFramework
{
    private const string Parallelism = "parallelism.";
    private static readonly string[] SchedulesRead = ["1F1B", "Interleaved1F1B", "GPipe", "ZBVZeroBubble"];
    private static readonly string[] Schedules = ["1f1b", "interleaved", "gpipe", "zb-v"];
    private static readonly string[] Float8Recipes = ["tensorwise", "rowwise", "rowwise_with_gw_hp"];

    public override string Name => "torchtitan";

    public override string Release => "torchtitan 0.2.2";

    public override ImmutableArray<string> Keys { get; } =
    [
        "parallelism.data_parallel_replicate_degree", "parallelism.data_parallel_shard_degree", "parallelism.fsdp_reshard_after_forward",
        "parallelism.tensor_parallel_degree", "parallelism.enable_sequence_parallel", "parallelism.pipeline_parallel_degree",
        "parallelism.pipeline_parallel_schedule", "parallelism.pipeline_parallel_layers_per_stage", "parallelism.pipeline_parallel_first_stage_less_layers",
        "parallelism.pipeline_parallel_last_stage_less_layers", "parallelism.pipeline_parallel_microbatch_size", "parallelism.num_pp_microbatches",
        "parallelism.context_parallel_degree",
        "parallelism.context_parallel_rotate_method", "parallelism.context_parallel_load_balancer", "training.mixed_precision_reduce", "parallelism.expert_parallel_degree", "parallelism.expert_tensor_parallel_degree",
        "training.local_batch_size", "training.global_batch_size", "training.seq_len", "training.max_context_length",
        "training.num_tokens_per_microbatch_per_dp_rank", "training.num_tokens_per_train_step", "training.mixed_precision_param",
        "activation_checkpoint.mode", "activation_checkpoint.selective_ac_option", "model.converters", "quantize.linear.float8.recipe_name",
        "quantize.linear.mx.recipe_name", "nnodes", "nproc-per-node", "NGPU",
    ];

    public override string Spell(string key) => "--" + key;

    protected override void Write(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        long ranks = plan.Ranks;
        long perServer = GreatestDivisor(ranks, job.RanksPerServer);
        writer.Add("nnodes", ranks / perServer);
        writer.Add("nproc-per-node", perServer);
        WriteSharding(plan, writer);
        writer.Add(Parallelism + "tensor_parallel_degree", plan.TensorParallel);
        if (!plan.SequenceParallel)
            writer.Gap(PlanEntries.SequenceParallel, "tensor parallelism without sequence parallelism; torchtitan has both or neither");
        writer.Add(Parallelism + "context_parallel_degree", plan.ContextParallel);
        WriteContext(plan, writer);
        if (job.HasExperts)
            WriteExperts(plan, writer);
        WritePipeline(plan, job, writer);
        // Each rank splits what the loader hands it into the micro-batches of the pipeline; without one it accumulates over whole local batches.
        long local = plan.PipelineParallel > 1 ? (long)plan.MicroBatch * plan.MicroBatches : plan.MicroBatch;
        writer.Add("training.local_batch_size", local);
        writer.Add("training.global_batch_size", plan.GlobalBatch);
        writer.Add("training.seq_len", plan.Sequence);
        writer.Add("activation_checkpoint.mode", plan.Recompute switch { Recompute.Full => "full", Recompute.Selective => "selective", _ => "none" });
        if (plan.Recompute == Recompute.Selective)
        {
            writer.Add("activation_checkpoint.selective_ac_option", "op");
            writer.Remark("torchtitan's selective mode keeps attention and every second product and recomputes the rest; the plan recomputes the attention scores alone");
        }

        WritePrecision(plan, job, writer);
        if (plan.Attention == AttentionKernel.Unfused)
            writer.Gap(PlanEntries.Attention, "unfused attention; torchtitan takes the fused kernel of the framework");
        if (plan.Order != new Plan().Order)
            writer.Gap(PlanEntries.Order, $"order {plan.Order}; ranks are laid {new Plan().Order}");
        if (plan.HasFrozenWeights)
            writer.Gap(PlanEntries.FrozenWeights, "frozen weights under adapters; torchtitan 0.2.2 trains every weight");
    }

    protected override void Format(LaunchWriter writer, StringBuilder text)
    {
        IEnumerable<string> torchrun = writer.Arguments.Take(2).Select(static one => $"--{one.Key} {one.Value}");
        IEnumerable<string> words = writer.Arguments.Skip(2).Select(static one => $"--{one.Key} {one.Value}");
        FormatCommand($"torchrun {string.Join(' ', torchrun)} -m torchtitan.train", words, text);
    }

    protected override void Read(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        plan.State(PlanEntries.TensorParallel, arguments.Integer(Parallelism + "tensor_parallel_degree") ?? 1, static (one, value) => one with { TensorParallel = value });
        plan.State(PlanEntries.PipelineParallel, arguments.Integer(Parallelism + "pipeline_parallel_degree") ?? 1, static (one, value) => one with { PipelineParallel = value });
        plan.State(PlanEntries.ContextParallel, arguments.Integer(Parallelism + "context_parallel_degree") ?? 1, static (one, value) => one with { ContextParallel = value });
        plan.State(PlanEntries.ExpertParallel, arguments.Integer(Parallelism + "expert_parallel_degree") ?? 1, static (one, value) => one with { ExpertParallel = value });
        plan.State(PlanEntries.ExpertTensorParallel, arguments.Integer(Parallelism + "expert_tensor_parallel_degree") ?? 1, static (one, value) => one with { ExpertTensorParallel = value });
        bool isSequenceParallel = arguments.Switch(Parallelism + "enable_sequence_parallel") ?? true;
        plan.State(PlanEntries.SequenceParallel, one => one with { SequenceParallel = isSequenceParallel && one.TensorParallel > 1 });
        int? nodes = arguments.Integer("nnodes");
        int? perNode = arguments.Integer("nproc-per-node");
        int? gpus = arguments.Integer("NGPU");
        if (perNode is { } each)
            plan.Launches("nproc-per-node", (long)(nodes ?? 1) * each);
        else if (gpus is { } all)
            plan.Launches("NGPU", all);

        ReadSharding(arguments, plan);
        ReadPipeline(arguments, job, plan);
        ReadBatch(arguments, plan);
        int mode = arguments.Word("activation_checkpoint.mode", "none", "selective", "full", "memory_budget") ?? 1;
        if (mode == 3)
            arguments.Nearest("activation_checkpoint.mode", "of a memory budget is the compiler's choice; selective recomputation is taken");
        arguments.Text("activation_checkpoint.selective_ac_option");
        plan.State(PlanEntries.Recompute, one => one with { Recompute = mode == 3 ? Recompute.Selective : (Recompute)mode });
        ReadPrecision(arguments, plan);
        plan.State(PlanEntries.Attention, static one => one);
        plan.State(PlanEntries.Order, static one => one);
        plan.State(PlanEntries.FrozenWeights, static one => one);
        int rotate = arguments.Word(Parallelism + "context_parallel_rotate_method", "allgather", "alltoall") ?? 0;
        plan.State(PlanEntries.ContextLayout, one => one with { ContextLayout = rotate == 1 ? ContextLayout.Usual : ContextLayout.List.Get("all-gather") });
        plan.State(PlanEntries.ContextInner, static one => one);
        bool isBalanced = arguments.Text(Parallelism + "context_parallel_load_balancer") is not ("None" or "none" or "null");
        plan.State(PlanEntries.ContextBalance, one => one with { IsContextBalanced = isBalanced });
        plan.State(PlanEntries.OptimizerStates, static one => one);
        int? reduce = arguments.Word("training.mixed_precision_reduce", "float32");
        plan.State(PlanEntries.Gradients, one => one with { Gradients = reduce is null ? null : NumberFormat.Fp32 });
    }

    /// <summary>Its <c>alltoall</c> passes keys and values round the ranks, as a ring does.</summary>
    private static void WriteContext(Plan plan, LaunchWriter writer)
    {
        if (plan.ContextParallel > 1)
        {
            bool isGathered = plan.ContextLayout.Name == "all-gather";
            writer.Add(Parallelism + "context_parallel_rotate_method", isGathered ? "allgather" : "alltoall");
            if (!isGathered && plan.ContextLayout != ContextLayout.Usual)
                writer.Gap(PlanEntries.ContextLayout, $"context parallelism by {plan.ContextLayout.Name}; a ring stands in its place");
            if (plan.ContextInner > 0)
                writer.Gap(PlanEntries.ContextInner, "groups that swap heads");
            if (!plan.IsContextBalanced)
                writer.Add(Parallelism + "context_parallel_load_balancer", "None");
        }

        if (plan.OptimizerStates != OptimizerStates.Fp32)
            writer.Gap(PlanEntries.OptimizerStates, "moments of the optimizer below fp32");
        if (plan.Gradients is NumberFormat.Fp32)
            writer.Add("training.mixed_precision_reduce", "float32");
        else if (plan.Gradients is { } other)
            writer.Gap(PlanEntries.Gradients, $"gradients in {other.Text()}; torchtitan reduces in fp32");
    }

    private static void WriteSharding(Plan plan, LaunchWriter writer)
    {
        int shard = plan.Zero < 2 ? 1 : plan.ShardRanks is > 0 and var part ? part : plan.DataParallel;
        if (plan.DataParallel % shard != 0)
        {
            writer.Gap(PlanEntries.ShardRanks, string.Create(CultureInfo.InvariantCulture, $"shards over {shard} ranks, which do not divide the {plan.DataParallel} data-parallel ones; all of them share"));
            shard = plan.DataParallel;
        }

        if (plan.Zero == 1)
        {
            shard = plan.DataParallel;
            writer.Gap(PlanEntries.Zero, "zero 1; the nearest that torchtitan has shares out gradients too and gathers weights once a step (fsdp_reshard_after_forward never)");
        }
        else if (plan.Zero == 0 && plan.ContextParallel > 1)
        {
            writer.Gap(PlanEntries.Zero, "whole weights under context parallelism; torchtitan shares them over the context-parallel ranks");
        }

        writer.Add(Parallelism + "data_parallel_replicate_degree", plan.DataParallel / shard);
        writer.Add(Parallelism + "data_parallel_shard_degree", shard);
        if (plan.Zero > 0)
            writer.Add(Parallelism + "fsdp_reshard_after_forward", plan.Zero == 3 ? "always" : "never");
    }

    private static void ReadSharding(LaunchArguments arguments, LaunchPlan plan)
    {
        int? replicas = arguments.Integer(Parallelism + "data_parallel_replicate_degree");
        int shard = arguments.Integer(Parallelism + "data_parallel_shard_degree", -1) ?? -1;
        int reshard = arguments.Word(Parallelism + "fsdp_reshard_after_forward", "default", "always", "never") ?? 0;
        Plan degrees = plan.Plan;
        long model = (long)degrees.TensorParallel * degrees.PipelineParallel * degrees.ContextParallel * (replicas ?? 1);
        if (shard == 0)
        {
            arguments.Contradiction(Parallelism + "data_parallel_shard_degree", "is 0; 1 switches sharding off, -1 takes the ranks that are left");
            shard = 1;
        }

        if (shard < 0 && plan.Ranks > 0)
        {
            if (plan.Ranks % model != 0)
                arguments.Contradiction(Parallelism + "data_parallel_shard_degree", string.Create(CultureInfo.InvariantCulture, $"takes what is left, but the other degrees make {model}, which does not divide {plan.Ranks} ranks"));
            shard = (int)Math.Max(1, plan.Ranks / model);
        }
        else if (shard > 0 && plan.Ranks > 0 && model * shard != plan.Ranks)
        {
            arguments.Contradiction(Parallelism + "data_parallel_shard_degree", string.Create(CultureInfo.InvariantCulture, $"with the other degrees makes {model * shard} ranks, but the job has {plan.Ranks}"));
        }

        if (shard > 0)
        {
            long data = (long)shard * (replicas ?? 1);
            if (data > int.MaxValue)
                arguments.Contradiction(Parallelism + "data_parallel_shard_degree", "makes more data-parallel ranks than can be counted");
            else
                plan.State(PlanEntries.DataParallel, one => one with { DataParallel = (int)data });
            if (plan.Ranks == 0)
                plan.Spans(Parallelism + "data_parallel_shard_degree", model * shard);
        }

        bool isSharded = shard != 1 || degrees.ContextParallel > 1;
        bool keepsGathered = reshard == 2 || (reshard == 0 && degrees.PipelineParallel > 1);
        if (isSharded && keepsGathered && reshard == 0)
        {
            keepsGathered = false;
            arguments.Nearest(Parallelism + "fsdp_reshard_after_forward", "by default keeps gathered weights from one micro-batch of the pipeline to the next; they are taken as gathered for each");
        }

        plan.State(PlanEntries.Zero, one => one with { Zero = !isSharded ? 0 : keepsGathered ? 2 : 3 });
        if (isSharded && keepsGathered && replicas > 1)
            arguments.Nearest(Parallelism + "data_parallel_replicate_degree", "copies what is sharded without its weights; all data-parallel ranks are taken to share");
        plan.State(PlanEntries.ShardRanks, one => one with { ShardRanks = isSharded && replicas > 1 && one.Zero == 3 ? shard : 0 });
    }

    private static void WriteExperts(Plan plan, LaunchWriter writer)
    {
        writer.Add(Parallelism + "expert_parallel_degree", plan.ExpertParallel);
        bool isSupported = plan.ExpertTensorParallel == 1 || plan.ExpertTensorParallel == plan.TensorParallel;
        writer.Add(Parallelism + "expert_tensor_parallel_degree", isSupported ? plan.ExpertTensorParallel : 1);
        if (!isSupported)
            writer.Gap(PlanEntries.ExpertTensorParallel, string.Create(CultureInfo.InvariantCulture, $"etp {plan.ExpertTensorParallel}; torchtitan splits experts over 1 or over all {plan.TensorParallel} tensor-parallel ranks"));
    }

    private static void WritePipeline(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        writer.Add(Parallelism + "pipeline_parallel_degree", plan.PipelineParallel);
        if (plan.PipelineParallel == 1)
            return;
        int known = Array.IndexOf(Schedules, plan.Schedule.Name);
        string word = SchedulesRead[known >= 0 ? known : plan.VirtualStages > 1 ? 1 : 0];
        if (known < 0)
            writer.Gap(PlanEntries.Schedule, $"schedule {plan.Schedule.Name}; {word} stands in its place");

        writer.Add(Parallelism + "pipeline_parallel_schedule", word);
        writer.Add(Parallelism + "pipeline_parallel_microbatch_size", plan.MicroBatch);
        if (plan.VirtualStages == 1)
            return;
        int chunks = plan.PipelineParallel * plan.VirtualStages;
        (int first, int last, int layers) = Split(job.Layers, chunks);
        if (layers == 0)
        {
            writer.Gap(PlanEntries.VirtualStages, string.Create(CultureInfo.InvariantCulture, $"{job.Layers} layers in {chunks} stages; no number of layers a stage makes so many"));
            return;
        }

        writer.Add(Parallelism + "pipeline_parallel_layers_per_stage", layers);
        writer.Add(Parallelism + "pipeline_parallel_first_stage_less_layers", first);
        writer.Add(Parallelism + "pipeline_parallel_last_stage_less_layers", last);
    }

    /// <summary>Layers the first and the last stage have less, and layers a stage, that make exactly <paramref name="chunks"/> stages; 0 layers where nothing does.</summary>
    private static (int First, int Last, int Layers) Split(int layers, int chunks)
    {
        if (layers == 0)
            return default;
        for (int less = 0; less <= 2; less++)
        {
            int each = (layers + less + chunks - 1) / chunks;
            if ((layers + less + each - 1) / each == chunks)
                return (less / 2, less - (less / 2), each);
        }

        return default;
    }

    private static void ReadPipeline(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        // Of the schedules of PyTorch, those without a counterpart here are read as the nearest.
        ReadOnlySpan<string> words = [.. SchedulesRead, "LoopedBFS", "InterleavedZeroBubble", "DualPipeV"];
        int word = arguments.Word(Parallelism + "pipeline_parallel_schedule", words) ?? 0;
        bool isLooped = word is 1 or > 2;
        if (word >= Schedules.Length)
            arguments.Nearest(Parallelism + "pipeline_parallel_schedule", $"{words[word]} is taken as interleaved");
        int each = arguments.Integer(Parallelism + "pipeline_parallel_layers_per_stage") ?? 0;
        int less = (arguments.Integer(Parallelism + "pipeline_parallel_first_stage_less_layers", 0) ?? 1)
            + (arguments.Integer(Parallelism + "pipeline_parallel_last_stage_less_layers", 0) ?? 1);
        int stages = plan.Plan.PipelineParallel;
        int virtualStages = isLooped && stages > 1 ? 2 : 1;
        if (each > 0 && stages > 1 && job.Layers > 0)
        {
            long chunks = ((long)job.Layers + less + each - 1) / each;
            bool isWhole = chunks % stages == 0 && (isLooped ? chunks / stages >= 2 : chunks == stages);
            if (!isWhole)
                arguments.Contradiction(Parallelism + "pipeline_parallel_layers_per_stage", string.Create(CultureInfo.InvariantCulture, $"of {each} makes {chunks} stages of {job.Layers} layers, which {stages} ranks of a {words[word]} pipeline cannot hold"));
            else
                virtualStages = (int)(chunks / stages);
        }

        plan.State(PlanEntries.VirtualStages, virtualStages, static (one, value) => one with { VirtualStages = value });
        Schedule schedule = Schedule.List.Get(Schedules[word < Schedules.Length ? word : 1]);
        plan.State(PlanEntries.Schedule, one => one with { Schedule = stages > 1 ? schedule : Schedule.Usual });
    }

    private static void ReadBatch(LaunchArguments arguments, LaunchPlan plan)
    {
        int? local = arguments.Integer("training.local_batch_size");
        int? global = arguments.Integer("training.global_batch_size", -1);
        int? sequence = arguments.Integer("training.seq_len") ?? arguments.Integer("training.max_context_length");
        int? micro = arguments.Integer(Parallelism + "pipeline_parallel_microbatch_size");
        int passes = arguments.Integer(Parallelism + "num_pp_microbatches") ?? 1;
        bool isPiped = plan.Plan.PipelineParallel > 1;
        if (arguments.Count("training.num_tokens_per_microbatch_per_dp_rank") is { } tokens && sequence is { } length)
        {
            micro = (int)Math.Max(1, tokens / length);
            local = isPiped ? micro * passes : micro;
        }

        if (arguments.Count("training.num_tokens_per_train_step") is { } stepTokens && sequence is { } each)
            global = (int)Math.Max(1, stepTokens / each);
        int data = plan.Plan.DataParallel;
        if (global is null or < 1)
            global = local is { } batch && plan.Ranks > 0 && (long)batch * data <= int.MaxValue ? batch * data : null;
        if (isPiped && local is { } handed && (micro ?? 1) is var size && handed % size != 0)
            arguments.Contradiction("training.local_batch_size", string.Create(CultureInfo.InvariantCulture, $"of {handed} is no multiple of the pipeline's micro-batch of {size}"));
        plan.State(PlanEntries.MicroBatch, isPiped ? local is null && micro is null ? null : micro ?? 1 : local, static (one, value) => one with { MicroBatch = value });
        plan.State(PlanEntries.GlobalBatch, global, static (one, value) => one with { GlobalBatch = value });
        plan.State(PlanEntries.Sequence, sequence, static (one, value) => one with { Sequence = value });
    }

    private static void WritePrecision(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        writer.Add("training.mixed_precision_param", plan.Precision == NumberFormat.Fp32 ? "float32" : "bfloat16");
        switch (plan.Precision)
        {
            case NumberFormat.Bf16 or NumberFormat.Fp32:
                break;
            case NumberFormat.Fp8:
                writer.Add("model.converters", job.HasExperts ? "quantize.linear.float8,quantize.grouped_mm.float8" : "quantize.linear.float8");
                writer.Add("quantize.linear.float8.recipe_name", Float8Recipes[0]);
                break;
            case NumberFormat.Mxfp8:
                writer.Add("model.converters", job.HasExperts ? "quantize.linear.mx,quantize.grouped_mm.mx" : "quantize.linear.mx");
                writer.Add("quantize.linear.mx.recipe_name", "mxfp8_cublas");
                break;
            default:
                writer.Gap(PlanEntries.Precision, $"precision {plan.Precision.Text()}; bf16 stands in its place");
                break;
        }
    }

    private static void ReadPrecision(LaunchArguments arguments, LaunchPlan plan)
    {
        int parameter = arguments.Word("training.mixed_precision_param", "bfloat16", "float32") ?? 0;
        string converters = arguments.Text("model.converters") ?? "";
        arguments.Word("quantize.linear.float8.recipe_name", Float8Recipes);
        arguments.Text("quantize.linear.mx.recipe_name");
        bool isMx = converters.Contains("quantize.linear.mx", StringComparison.Ordinal);
        bool isFloat8 = converters.Contains("float8", StringComparison.Ordinal);
        if (isMx && isFloat8)
            arguments.Contradiction("model.converters", "names both float8 and mx");
        NumberFormat format = isMx ? NumberFormat.Mxfp8 : isFloat8 ? NumberFormat.Fp8 : parameter == 1 ? NumberFormat.Fp32 : NumberFormat.Bf16;
        plan.State(PlanEntries.Precision, one => one with { Precision = format });
    }
}
