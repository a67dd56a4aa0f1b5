using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Settings of MaxText: <c>key=value</c> behind its trainer, or keys of a YAML file.</summary>
/// <remarks>
/// Source: AI-Hypercomputer/maxtext, tag maxtext-v0.2.4, src/maxtext/configs/base.yml and types.py. Each axis of the mesh is a product of a part inside a
/// slice (<c>ici_</c>) and one between slices (<c>dcn_</c>). Batches are split over the data, fsdp and expert axes; weights outside the experts are sharded
/// over fsdp and expert. <c>per_device_batch_size x devices</c> is one pass; a pipeline cuts it into <c>num_pipeline_microbatches</c> and runs all forward
/// passes before the backward ones.
/// </remarks>
public sealed class MaxTextLaunch : LaunchFramework
{
    private static readonly string[] Axes = ["data", "fsdp", "fsdp_transpose", "context", "sequence", "context_usp_ulysses", "tensor", "tensor_sequence", "pipeline", "expert"];
    private static readonly string[] ContextStrategies = ["ring", "ulysses", "all_gather", "usp"];
    private static readonly string[] ContextLayouts = ["ring", "all-to-all", "all-gather", PlanEntries.Hybrid];
    private static readonly string[] Quantizations =
        ["", "fp8", "fp8_full", "fp8_gpu", "nanoo_fp8", "te_fp8_delayedscaling", "te_fp8_currentscaling", "te_mxfp8", "te_nvfp4", "te_nvfp4_no_rht", "int8"];

    private static readonly string[] Remats =
    [
        "full", "minimal_with_context", "minimal", "save_dot_with_context_except_mlp", "save_dot_except_mlpwi", "save_dot_except_mlp", "save_qkv_proj",
        "save_out_proj", "qkv_proj_offloaded", "minimal_offloaded", "custom",
    ];

    public override string Name => "maxtext";

    public override string Release => "MaxText 0.2.4";

    public override ImmutableArray<string> Options => [PlanEntries.CapacityFactor, PlanEntries.Offload];

    public override ImmutableArray<string> Keys { get; } =
    [
        .. Axes.Select(static axis => $"ici_{axis}_parallelism"), .. Axes.Select(static axis => $"dcn_{axis}_parallelism"), "per_device_batch_size",
        "gradient_accumulation_steps", "num_pipeline_microbatches", "num_pipeline_repeats", "num_layers_per_pipeline_stage", "max_target_length",
        "remat_policy", "quantization", "dtype", "attention", "shard_optimizer_over_data", "context_parallel_strategy",
        "context_parallel_load_balance", "grad_dtype", "optimizer_memory_host_offload", "capacity_factor",
    ];

    public override bool TakesBareWords => true;

    public override string Spell(string key) => key + "=";

    protected override void Write(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        int expert = WriteExperts(plan, job, writer);
        int data = plan.DataParallel / expert;
        int shard = 1;
        if (plan.Zero >= 2)
        {
            int wanted = plan.ShardRanks is > 0 and var part ? part : plan.DataParallel;
            if (wanted % expert == 0 && plan.DataParallel % wanted == 0)
            {
                shard = wanted / expert;
            }
            else
            {
                shard = data;
                writer.Gap(PlanEntries.ShardRanks, string.Create(CultureInfo.InvariantCulture, $"shards over {wanted} ranks, which the {expert} ranks of the expert axis do not divide; all share"));
            }

            data /= shard;
        }

        int inner = WriteContext(plan, writer);
        bool isTensorSequence = plan.SequenceParallel;
        WriteAxes(
            job, plan.Ranks, writer,
            [("pipeline", plan.PipelineParallel), ("data", data), ("fsdp", shard), ("expert", expert), ("context", plan.ContextParallel / inner),
                ("context_usp_ulysses", inner),
                (isTensorSequence ? "tensor_sequence" : "tensor", plan.TensorParallel)]);
        if (plan.Zero == 1)
            writer.Add("shard_optimizer_over_data", "true");
        if (plan.Zero == 2)
            writer.Gap(PlanEntries.Zero, "zero 2; the fsdp axis shares out weights too (zero 3)");
        else if (plan.Zero < 2 && expert > 1)
            writer.Gap(PlanEntries.Zero, string.Create(CultureInfo.InvariantCulture, $"zero {plan.Zero} beside expert parallelism; MaxText shares weights over the expert axis"));
        else if (plan.Zero == 3 && plan.DataParallel == 1)
            writer.Gap(PlanEntries.Zero, "zero 3 over context-parallel ranks alone");
        WriteBatches(plan, job, writer);
        writer.Add("max_target_length", plan.Sequence);
        writer.Add("remat_policy", plan.Recompute switch { Recompute.Full => "full", Recompute.Selective => "minimal", _ => "minimal_with_context" });
        if (plan.Recompute != Recompute.Full)
            writer.Remark("MaxText keeps the products and recomputes what lies between them, in every policy but full");
        if (plan.Offload.HasFlag(Offload.Optimizer))
            writer.Add("optimizer_memory_host_offload", "true");
        if (plan.Offload.HasFlag(Offload.Activations))
            writer.Gap(PlanEntries.Offload, "activations in the host's memory; remat_policy=custom sets it tensor by tensor");
        if (plan.CapacityFactor > 0)
            writer.Add("capacity_factor", plan.CapacityFactor.ToString("R", CultureInfo.InvariantCulture));
        writer.Add("dtype", plan.Precision == NumberFormat.Fp32 ? "float32" : "bfloat16");
        string? quantization = plan.Precision switch
        {
            NumberFormat.Bf16 or NumberFormat.Fp32 => "",
            NumberFormat.Fp8 => "fp8",
            NumberFormat.Mxfp8 => "te_mxfp8",
            NumberFormat.Nvfp4 => "te_nvfp4",
            _ => null,
        };
        if (quantization is null)
            writer.Gap(PlanEntries.Precision, $"precision {plan.Precision.Text()}; bf16 stands in its place");
        else if (quantization.Length > 0)
            writer.Add("quantization", quantization);
        writer.Add("attention", plan.Attention == AttentionKernel.Flash ? "autoselected" : "dot_product");
        if (plan.PipelineParallel > 1 && plan.Schedule != ScheduleOf(plan.VirtualStages))
            writer.Gap(PlanEntries.Schedule, $"schedule {plan.Schedule.Name}; MaxText runs all forward passes, then all backward ones");
        else if (plan.PipelineParallel > 1 && plan.VirtualStages > 1)
            writer.Remark("MaxText's circular pipeline runs all forward passes first: idle time as interleaved, more activations held");
        if (plan.Order != new Plan().Order)
            writer.Gap(PlanEntries.Order, $"order {plan.Order}; the axes of the mesh have their own");
        if (plan.HasFrozenWeights)
            writer.Gap(PlanEntries.FrozenWeights, "frozen weights under adapters; these arguments train every weight");
        if (expert > 1)
            writer.Remark("MaxText lays the expert axis innermost, inside the tensor axis");
    }

    protected override void Format(LaunchWriter writer, StringBuilder text) => FormatCommand(
        "python3 -m maxtext.trainers.pre_train.train src/maxtext/configs/base.yml", writer.Arguments.Select(static one => $"{one.Key}={one.Value}"), text);

    protected override void Read(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        Dictionary<string, long> axes = ReadAxes(arguments, job);
        long tensor = axes["tensor"] * axes["tensor_sequence"];
        long context = axes["context"] * axes["sequence"] * axes["context_usp_ulysses"];
        long fsdp = axes["fsdp"] * axes["fsdp_transpose"];
        long data = axes["data"] * fsdp * axes["expert"];
        long ranks = tensor * context * data * axes["pipeline"];
        if (ranks is > 0 and <= int.MaxValue)
        {
            plan.Spans("ici_fsdp_parallelism", ranks);
        }
        else
        {
            arguments.Contradiction("ici_fsdp_parallelism", "leaves an axis to the number of devices, which nothing says; give the job's chips");
            return;
        }

        if (axes["tensor"] > 1 && axes["tensor_sequence"] > 1)
            arguments.Nearest("ici_tensor_sequence_parallelism", "beside a tensor axis is taken as sequence parallelism over both");
        plan.State(PlanEntries.TensorParallel, (int)tensor, static (one, value) => one with { TensorParallel = value });
        plan.State(PlanEntries.PipelineParallel, (int)axes["pipeline"], static (one, value) => one with { PipelineParallel = value });
        plan.State(PlanEntries.ContextParallel, (int)context, static (one, value) => one with { ContextParallel = value });
        plan.State(PlanEntries.DataParallel, (int)data, static (one, value) => one with { DataParallel = value });
        plan.State(PlanEntries.ExpertParallel, (int)axes["expert"], static (one, value) => one with { ExpertParallel = value });
        plan.State(PlanEntries.ExpertTensorParallel, one => one with { ExpertTensorParallel = job.HasExperts ? one.TensorParallel : 1 });
        plan.State(PlanEntries.SequenceParallel, one => one with { SequenceParallel = axes["tensor_sequence"] > 1 });
        bool isOptimizerSharded = arguments.Switch("shard_optimizer_over_data") ?? false;
        bool isSharded = fsdp > 1 || axes["expert"] > 1;
        plan.State(PlanEntries.Zero, one => one with { Zero = isSharded ? 3 : isOptimizerSharded ? 1 : 0 });
        plan.State(PlanEntries.ShardRanks, one => one with { ShardRanks = isSharded && axes["data"] > 1 ? (int)(fsdp * axes["expert"]) : 0 });
        ReadBatches(arguments, job, plan);
        plan.State(PlanEntries.Sequence, arguments.Integer("max_target_length") ?? 2048, static (one, value) => one with { Sequence = value });
        int remat = arguments.Word("remat_policy", Remats) ?? 0;
        if (remat > 2)
            arguments.Nearest("remat_policy", $"{Remats[remat]} is taken as selective recomputation");
        plan.State(PlanEntries.Recompute, one => one with { Recompute = remat switch { 0 => Recompute.Full, 1 => Recompute.None, _ => Recompute.Selective } });
        ReadPrecision(arguments, plan);
        int kernel = arguments.Word("attention", "autoselected", "flash", "cudnn_flash_te", "cudnn_flash_jax", "dot_product") ?? 0;
        plan.State(PlanEntries.Attention, one => one with { Attention = kernel == 4 ? AttentionKernel.Unfused : AttentionKernel.Flash });
        plan.State(PlanEntries.Schedule, static one => one with { Schedule = one.PipelineParallel > 1 ? ScheduleOf(one.VirtualStages) : Schedule.Usual });
        plan.State(PlanEntries.Order, static one => one);
        plan.State(PlanEntries.FrozenWeights, static one => one);
        int strategy = arguments.Word("context_parallel_strategy", ContextStrategies) ?? 2;
        plan.State(PlanEntries.ContextLayout, one => one with { ContextLayout = ContextLayout.List.Get(ContextLayouts[strategy]) });
        plan.State(PlanEntries.ContextInner, one => one with { ContextInner = strategy == 3 ? (int)axes["context_usp_ulysses"] : 0 });
        bool isBalanced = arguments.Switch("context_parallel_load_balance") ?? true;
        plan.State(PlanEntries.ContextBalance, one => one with { IsContextBalanced = isBalanced });
        plan.State(PlanEntries.OptimizerStates, static one => one);
        bool isOffloaded = arguments.Switch("optimizer_memory_host_offload") ?? false;
        plan.State(PlanEntries.Offload, one => one with { Offload = isOffloaded ? Offload.Optimizer : Offload.None });
        // -1 drops nothing.
        double capacity = arguments.Text("capacity_factor") is null or "-1" or "-1.0" ? 0 : arguments.Number("capacity_factor") ?? 0;
        plan.State(PlanEntries.CapacityFactor, one => one with { CapacityFactor = capacity });
        int? gradients = arguments.Word("grad_dtype", "float32", "bfloat16");
        plan.State(PlanEntries.Gradients, one => one with { Gradients = gradients switch { 0 => NumberFormat.Fp32, 1 => NumberFormat.Bf16, _ => null } });
    }

    /// <summary>Ranks of the axis that swaps heads.</summary>
    private static int WriteContext(Plan plan, LaunchWriter writer)
    {
        if (plan.Gradients is NumberFormat.Fp32 or NumberFormat.Bf16)
            writer.Add("grad_dtype", plan.Gradients == NumberFormat.Fp32 ? "float32" : "bfloat16");
        else if (plan.Gradients is { } other)
            writer.Gap(PlanEntries.Gradients, $"gradients in {other.Text()}");
        if (plan.OptimizerStates != OptimizerStates.Fp32)
            writer.Gap(PlanEntries.OptimizerStates, "both moments of the optimizer below fp32; mu_dtype sets the first alone");
        if (plan.ContextParallel == 1)
            return 1;
        int strategy = Array.IndexOf(ContextLayouts, plan.ContextLayout.Name);
        int inner = 1;
        if (plan.ContextLayout.Name == PlanEntries.Hybrid && (plan.ContextInner == 0 || plan.ContextParallel % plan.ContextInner != 0))
            writer.Gap(PlanEntries.ContextInner, "as many ranks that swap heads as the heads allow; ici_context_usp_ulysses_parallelism has to say how many");
        else if (plan.ContextLayout.Name == PlanEntries.Hybrid)
            inner = plan.ContextInner;
        if (strategy < 0)
            writer.Gap(PlanEntries.ContextLayout, $"context parallelism by {plan.ContextLayout.Name}; a ring stands in its place");
        writer.Add("context_parallel_strategy", ContextStrategies[Math.Max(0, strategy)]);
        writer.Add("context_parallel_load_balance", plan.IsContextBalanced ? "true" : "false");
        return inner;
    }

    /// <summary>MaxText has no choice: GPipe's order, or round the stages several times, whose idle time is that of interleaving.</summary>
    private static Schedule ScheduleOf(int virtualStages) => virtualStages > 1 ? Schedule.UsualOfChunks : Schedule.List.Get("gpipe");

    /// <summary>Ranks of the expert axis: EP, where it divides the data-parallel ranks it is carved from here.</summary>
    private static int WriteExperts(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        if (!job.HasExperts)
            return 1;
        if (plan.ExpertTensorParallel != plan.TensorParallel)
            writer.Gap(PlanEntries.ExpertTensorParallel, string.Create(CultureInfo.InvariantCulture, $"etp {plan.ExpertTensorParallel}; experts are split over the whole tensor axis, {plan.TensorParallel}"));
        if (plan.DataParallel % plan.ExpertParallel == 0)
            return plan.ExpertParallel;
        writer.Gap(PlanEntries.ExpertParallel, string.Create(CultureInfo.InvariantCulture, $"ep {plan.ExpertParallel} over more than the {plan.DataParallel} data-parallel ranks"));
        return 1;
    }

    /// <summary>Splits each axis into a part inside a slice and one between slices, outermost axes first to the network between slices.</summary>
    private static void WriteAxes(LaunchJob job, long ranks, LaunchWriter writer, ReadOnlySpan<(string Name, int Size)> outermostFirst)
    {
        long domain = Math.Max(1, job.RanksPerDomain);
        long between = ranks > domain && ranks % domain == 0 ? ranks / domain : 1;
        List<(string Key, long Size)> outside = [];
        List<(string Key, long Size)> inside = [];
        foreach ((string name, int size) in outermostFirst)
        {
            long part = GreatestDivisor(size, between);
            between /= part;
            if (part > 1 || name == "data")
                outside.Add(($"dcn_{name}_parallelism", part));
            if (size / part > 1 || name == "fsdp")
                inside.Add(($"ici_{name}_parallelism", size / part));
        }

        foreach ((string key, long size) in inside)
            writer.Add(key, size);
        foreach ((string key, long size) in outside)
            writer.Add(key, size);
    }

    /// <summary>Sizes of all axes; an axis of -1 takes the devices that the others leave, 0 where their number is not known.</summary>
    private static Dictionary<string, long> ReadAxes(LaunchArguments arguments, LaunchJob job)
    {
        long domain = job.Ranks == 0 ? 0 : Math.Min(job.Ranks, Math.Max(1, job.RanksPerDomain));
        long slices = domain == 0 ? 0 : Math.Max(1, job.Ranks / domain);
        Dictionary<string, long> inside = ReadAxes(arguments, "ici_", "fsdp", domain);
        Dictionary<string, long> between = ReadAxes(arguments, "dcn_", "data", slices);
        // The split between networks is the machine's; arguments that move it are still one job if the whole is right.
        long rest = Product(inside) * Product(between);
        if (job.Ranks > 0 && rest != job.Ranks && rest > 0)
        {
            foreach ((Dictionary<string, long> part, string prefix, string free) in ((Dictionary<string, long>, string, string)[])[(inside, "ici_", "fsdp"), (between, "dcn_", "data")])
            {
                bool isFree = (arguments.Integer($"{prefix}{free}_parallelism", -1) ?? -1) < 0;
                long others = rest / part[free];
                if (isFree && job.Ranks % others == 0)
                {
                    part[free] = job.Ranks / others;
                    break;
                }
            }
        }

        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        foreach (string axis in Axes)
            sizes[axis] = inside[axis] * between[axis];
        return sizes;
    }

    private static Dictionary<string, long> ReadAxes(LaunchArguments arguments, string prefix, string freeByDefault, long whole)
    {
        Dictionary<string, long> sizes = new(StringComparer.Ordinal);
        string? open = null;
        long known = 1;
        foreach (string axis in Axes)
        {
            int size = arguments.Integer($"{prefix}{axis}_parallelism", -1) ?? (axis == freeByDefault ? -1 : 1);
            if (size < 1)
            {
                if (open is not null)
                    arguments.Contradiction($"{prefix}{axis}_parallelism", $"and {prefix}{open}_parallelism both take the devices that are left");
                open = axis;
                size = 1;
            }

            sizes[axis] = size;
            known = Math.Min(known * size, int.MaxValue);
        }

        if (open is not null)
            sizes[open] = whole == 0 ? 0 : whole % known == 0 ? whole / known : 1;
        return sizes;
    }

    private static long Product(Dictionary<string, long> sizes)
    {
        long product = 1;
        foreach (string axis in Axes)
            product = Math.Min(product * sizes[axis], int.MaxValue);
        return product;
    }

    private static void WriteBatches(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        int stages = plan.PipelineParallel;
        int microBatches = plan.MicroBatches;
        double modelRanks = (double)plan.TensorParallel * plan.PipelineParallel * plan.ContextParallel;
        if (stages == 1)
        {
            writer.Add("per_device_batch_size", (plan.MicroBatch / modelRanks).ToString("R", CultureInfo.InvariantCulture));
            writer.Add("gradient_accumulation_steps", microBatches);
            return;
        }

        writer.Add("per_device_batch_size", ((double)plan.MicroBatch * microBatches / modelRanks).ToString("R", CultureInfo.InvariantCulture));
        writer.Add("gradient_accumulation_steps", 1);
        writer.Add("num_pipeline_microbatches", microBatches);
        if (microBatches % stages != 0)
            writer.Remark(string.Create(CultureInfo.InvariantCulture, $"MaxText refuses {microBatches} micro-batches on {stages} stages: it needs a multiple"));
        writer.Add("num_pipeline_repeats", plan.VirtualStages);
        int chunks = stages * plan.VirtualStages;
        if (job.Layers > 0 && job.Layers % chunks == 0)
            writer.Add("num_layers_per_pipeline_stage", job.Layers / chunks);
        else if (job.Layers > 0)
            writer.Remark(string.Create(CultureInfo.InvariantCulture, $"MaxText refuses {job.Layers} layers in {chunks} stages: it needs equal ones; pipeline_parallel_layers can leave some out"));
    }

    private static void ReadBatches(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        double perDevice = arguments.Number("per_device_batch_size") ?? 12;
        int steps = arguments.Integer("gradient_accumulation_steps") ?? 1;
        Plan degrees = plan.Plan;
        int stages = degrees.PipelineParallel;
        int passes = arguments.Integer("num_pipeline_microbatches", -1) is > 0 and var given ? given : stages;
        int layers = arguments.Integer("num_layers_per_pipeline_stage") ?? 1;
        long each = (long)stages * layers;
        int repeats = arguments.Integer("num_pipeline_repeats", -1) is > 0 and var times ? times : (int)Math.Max(1, job.Layers / each);
        if (stages > 1 && job.Layers > 0 && each * repeats != job.Layers && arguments.Has("num_layers_per_pipeline_stage"))
            arguments.Contradiction("num_layers_per_pipeline_stage", string.Create(CultureInfo.InvariantCulture, $"of {layers} on {stages} stages, {repeats} times over, makes {each * repeats} layers, but the model has {job.Layers}"));
        double sequences = perDevice * plan.Ranks;
        double micro = sequences / degrees.DataParallel / (stages > 1 ? passes : 1);
        double global = sequences * steps;
        if (Math.Abs(micro - Math.Round(micro)) > 1e-6 * micro || micro < 0.5 || global > int.MaxValue)
        {
            arguments.Contradiction("per_device_batch_size", string.Create(CultureInfo.InvariantCulture, $"makes a micro-batch of {micro:G6} sequences on {degrees.DataParallel} data-parallel ranks"));
            return;
        }

        plan.State(PlanEntries.MicroBatch, (int)Math.Round(micro), static (one, value) => one with { MicroBatch = value });
        plan.State(PlanEntries.GlobalBatch, (int)Math.Round(global), static (one, value) => one with { GlobalBatch = value });
        plan.State(PlanEntries.VirtualStages, stages > 1 ? repeats : 1, static (one, value) => one with { VirtualStages = value });
    }

    private static void ReadPrecision(LaunchArguments arguments, LaunchPlan plan)
    {
        int type = arguments.Word("dtype", "bfloat16", "float32", "float16") ?? 0;
        int quantization = arguments.Word("quantization", Quantizations) ?? 0;
        if (quantization == 10)
            arguments.Nearest("quantization", "int8 is no format that training is modelled in; bf16 is taken");
        NumberFormat format = quantization switch
        {
            >= 1 and <= 6 => NumberFormat.Fp8,
            7 => NumberFormat.Mxfp8,
            8 or 9 => NumberFormat.Nvfp4,
            _ => type switch { 1 => NumberFormat.Fp32, 2 => NumberFormat.Fp16, _ => NumberFormat.Bf16 },
        };
        plan.State(PlanEntries.Precision, one => one with { Precision = format });
    }
}
