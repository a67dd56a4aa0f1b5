using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Training;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Command-line flags of Megatron-LM, behind the <c>torchrun</c> that says how many ranks there are.</summary>
/// <remarks>
/// Source: NVIDIA/Megatron-LM, tag core_v0.19.0, megatron/training/arguments.py and the configuration classes it makes arguments of. Data parallelism is
/// what the other degrees leave of the ranks; expert tensor parallelism defaults to tensor parallelism; the sharding of states spans data and context
/// parallel ranks.
/// </remarks>
public sealed class MegatronLaunch : LaunchFramework
{
    private const string OtherOrder = "tp-cp-ep-pp-dp";
    private static readonly string[] ContextTypes = ["p2p", "a2a", "allgather", "a2a+p2p"];
    private static readonly string[] ContextLayouts = ["ring", "all-to-all", "all-gather", PlanEntries.Hybrid];
    /// <summary>Modules that can be recomputed, in the order of the bits of <see cref="RecomputeModules"/>.</summary>
    private static readonly string[] ModuleWords = ["core_attn", "mlp", "moe", "moe_act", "layernorm", "mla_up_proj"];

    private static readonly string[] StateFormats = ["fp32", "bf16", "fp8", "fp16"];
    private static readonly string[] Fp8Recipes = ["tensorwise", "delayed", "mxfp8", "blockwise", "custom"];
    private static readonly string[] Shardings = ["no_shard", "optim", "optim_grads", "optim_grads_params"];

    public override string Name => "megatron";

    public override string Release => "Megatron-LM core 0.19";

    public override ImmutableArray<string> Options => [PlanEntries.PipelineSplit, PlanEntries.Offload, PlanEntries.CapacityFactor, PlanEntries.OverlapExperts];

    public override bool RecomputesModules => true;

    public override ImmutableArray<string> Keys { get; } =
    [
        "tensor-model-parallel-size", "pipeline-model-parallel-size", "num-virtual-stages-per-pipeline-rank", "num-layers-per-virtual-pipeline-stage",
        "num-layers", "context-parallel-size", "expert-model-parallel-size", "expert-tensor-parallel-size", "sequence-parallel", "micro-batch-size",
        "global-batch-size", "seq-length", "recompute-granularity", "recompute-method", "recompute-num-layers", "recompute-activations",
        "recompute-modules", "pipeline-model-parallel-layout", "decoder-first-pipeline-num-layers", "decoder-last-pipeline-num-layers", "moe-expert-capacity-factor", "moe-pad-expert-input-to-capacity",
        "overlap-moe-expert-parallel-comm", "optimizer-cpu-offload", "optimizer-offload-fraction", "use-distributed-optimizer", "use-megatron-fsdp", "use-torch-fsdp2", "data-parallel-sharding-strategy", "num-distributed-optimizer-instances",
        "bf16", "fp16", "fp8-format", "fp8-recipe", "fp4-format", "attention-backend", "use-flash-attn", "cp-comm-type",
        "hierarchical-context-parallel-sizes", "use-precision-aware-optimizer", "exp-avg-dtype", "exp-avg-sq-dtype", "grad-reduce-in-bf16",
        "accumulate-allreduce-grads-in-fp32", "use-tp-pp-dp-mapping", "nnodes", "nproc-per-node",
    ];

    public override string Spell(string key) => "--" + key;

    protected override void Write(Plan plan, LaunchJob job, LaunchWriter writer)
    {
        long ranks = plan.Ranks;
        long perServer = GreatestDivisor(ranks, job.RanksPerServer);
        writer.Add("nnodes", ranks / perServer);
        writer.Add("nproc-per-node", perServer);
        writer.Add("tensor-model-parallel-size", plan.TensorParallel);
        if (plan.SequenceParallel)
            writer.Switch("sequence-parallel");
        writer.Add("pipeline-model-parallel-size", plan.PipelineParallel);
        if (plan.Split is { IsAutomatic: false } split)
            writer.Add("pipeline-model-parallel-layout", LayoutText(split));
        else if (plan.VirtualStages > 1)
            writer.Add("num-virtual-stages-per-pipeline-rank", plan.VirtualStages);
        writer.Add("context-parallel-size", plan.ContextParallel);
        if (job.HasExperts)
        {
            writer.Add("expert-model-parallel-size", plan.ExpertParallel);
            writer.Add("expert-tensor-parallel-size", plan.ExpertTensorParallel);
        }

        writer.Add("micro-batch-size", plan.MicroBatch);
        writer.Add("global-batch-size", plan.GlobalBatch);
        writer.Add("seq-length", plan.Sequence);
        WriteRecompute(plan, writer);
        WriteOptions(plan, writer);
        WriteSharding(plan, writer);
        WritePrecision(plan, writer);
        writer.Add("attention-backend", plan.Attention == AttentionKernel.Flash ? "flash" : "unfused");
        if (plan.Order == OtherOrder)
            writer.Switch("use-tp-pp-dp-mapping");
        else if (plan.Order != new Plan().Order)
            writer.Gap(PlanEntries.Order, $"order {plan.Order}; ranks are laid {new Plan().Order}, or {OtherOrder} with --use-tp-pp-dp-mapping");
        WriteContext(plan, writer);
        WriteStates(plan, writer);
        if (plan.Schedule != Schedule.UsualFor(plan.VirtualStages))
            writer.Gap(PlanEntries.Schedule, $"schedule {plan.Schedule.Name}; Megatron-LM runs 1f1b, or interleaved with virtual stages");
        if (plan.HasFrozenWeights)
            writer.Gap(PlanEntries.FrozenWeights, "frozen weights under adapters; Megatron-LM trains every weight (Megatron-Bridge has adapters)");
        if (job.HasExperts && plan.TensorParallel > 1 && !plan.SequenceParallel)
            writer.Remark("Megatron-LM refuses to train experts under tensor parallelism without --sequence-parallel");
    }

    protected override void Format(LaunchWriter writer, StringBuilder text)
    {
        IEnumerable<string> torchrun = writer.Arguments.Take(2).Select(static one => $"--{one.Key} {one.Value}");
        IEnumerable<string> words = writer.Arguments.Skip(2).Select(static one => one.Value.Length == 0 ? "--" + one.Key : $"--{one.Key} {Quoted(one.Value)}");
        FormatCommand($"torchrun {string.Join(' ', torchrun)} pretrain_gpt.py", words, text);
    }

    protected override void Read(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        plan.State(PlanEntries.TensorParallel, arguments.Integer("tensor-model-parallel-size") ?? 1, static (one, value) => one with { TensorParallel = value });
        plan.State(PlanEntries.PipelineParallel, arguments.Integer("pipeline-model-parallel-size") ?? 1, static (one, value) => one with { PipelineParallel = value });
        plan.State(PlanEntries.ContextParallel, arguments.Integer("context-parallel-size") ?? 1, static (one, value) => one with { ContextParallel = value });
        int? expertTensor = arguments.Integer("expert-tensor-parallel-size");
        plan.State(PlanEntries.ExpertParallel, arguments.Integer("expert-model-parallel-size") ?? 1, static (one, value) => one with { ExpertParallel = value });
        plan.State(PlanEntries.ExpertTensorParallel, expertTensor ?? (job.HasExperts ? plan.Plan.TensorParallel : 1), static (one, value) => one with { ExpertTensorParallel = value });
        ReadVirtualStages(arguments, job, plan);

        int? nodes = arguments.Integer("nnodes");
        int? perNode = arguments.Integer("nproc-per-node");
        if (perNode is { } ranksPerNode)
            plan.Launches("nproc-per-node", (long)(nodes ?? 1) * ranksPerNode);
        plan.DivideRanks("tensor-model-parallel-size");

        int? microBatch = arguments.Integer("micro-batch-size");
        plan.State(PlanEntries.MicroBatch, microBatch, static (one, value) => one with { MicroBatch = value });
        int? globalBatch = arguments.Integer("global-batch-size");
        if (globalBatch is null && microBatch is { } sequences && plan.Ranks > 0 && (long)sequences * plan.Plan.DataParallel <= int.MaxValue)
            globalBatch = sequences * plan.Plan.DataParallel;
        plan.State(PlanEntries.GlobalBatch, globalBatch, static (one, value) => one with { GlobalBatch = value });
        plan.State(PlanEntries.Sequence, arguments.Integer("seq-length"), static (one, value) => one with { Sequence = value });
        bool isSequenceParallel = arguments.Switch("sequence-parallel") ?? false;
        if (isSequenceParallel && plan.Plan.TensorParallel == 1)
            arguments.Nearest("sequence-parallel", "has no effect without tensor parallelism");
        plan.State(PlanEntries.SequenceParallel, one => one with { SequenceParallel = isSequenceParallel && one.TensorParallel > 1 });

        ReadRecompute(arguments, plan);
        ReadSharding(arguments, plan);
        ReadPrecision(arguments, plan);
        int backend = arguments.Word("attention-backend", "flash", "fused", "auto", "unfused", "local") ?? 2;
        bool isFlash = arguments.Switch("use-flash-attn") ?? false;
        plan.State(PlanEntries.Attention, one => one with { Attention = backend >= 3 && !isFlash ? AttentionKernel.Unfused : AttentionKernel.Flash });
        bool isOther = arguments.Switch("use-tp-pp-dp-mapping") ?? false;
        plan.State(PlanEntries.Order, one => isOther ? one with { Order = OtherOrder } : one);
        plan.State(PlanEntries.Schedule, static one => one with { Schedule = Schedule.UsualFor(one.VirtualStages) });
        plan.State(PlanEntries.FrozenWeights, static one => one);
        ReadOptions(arguments, plan);
        ReadContext(arguments, plan);
        ReadStates(arguments, plan);
    }

    /// <summary>Parts of the network on each chunk: E the embedding, t a layer, L the vocabulary projection with the loss.</summary>
    private static string LayoutText(PipelineSplit split)
    {
        StringBuilder text = new("E");
        for (int chunk = 0; chunk < split.Layers.Length; chunk++)
        {
            if (chunk > 0)
                text.Append('|');
            if (split.Layers[chunk] > 0)
                text.Append(CultureInfo.InvariantCulture, $"t*{split.Layers[chunk]}");
        }

        return text.Append('L').ToString();
    }

    /// <summary>Layers of each chunk of a layout; null where it holds more than single repetitions of layers.</summary>
    private static PipelineSplit? LayoutOf(string text)
    {
        List<int> layers = [];
        foreach (string chunk in text.Split('|'))
        {
            int count = 0;
            for (int at = 0; at < chunk.Length; at++)
            {
                int end = at + 1;
                int times = 1;
                if (end < chunk.Length && chunk[end] == '*')
                {
                    int first = ++end;
                    while (end < chunk.Length && char.IsAsciiDigit(chunk[end]))
                        end++;
                    if (!int.TryParse(chunk.AsSpan(first, end - first), NumberStyles.None, CultureInfo.InvariantCulture, out times) || times > 1 << 16)
                        return null;
                }

                if (chunk[at] is not ('E' or 't' or 'L' or 'm'))
                    return null;
                count += chunk[at] == 't' ? times : 0;
                at = end - 1;
            }

            layers.Add(count);
        }

        return PipelineSplit.Of(layers.ToArray());
    }

    private static void WriteOptions(Plan plan, LaunchWriter writer)
    {
        if (plan.Split is { IsAutomatic: true })
            writer.Gap(PlanEntries.PipelineSplit, "a split that is still to be found");
        if (plan.CapacityFactor > 0)
        {
            writer.Add("moe-expert-capacity-factor", plan.CapacityFactor.ToString("R", CultureInfo.InvariantCulture));
            writer.Switch("moe-pad-expert-input-to-capacity");
        }

        if (plan.OverlapsExperts)
            writer.Switch("overlap-moe-expert-parallel-comm");
        if ((plan.Offload & Offload.Optimizer) != Offload.None)
        {
            writer.Switch("optimizer-cpu-offload");
            writer.Add("optimizer-offload-fraction", "1.0");
        }

        if ((plan.Offload & Offload.Activations) != Offload.None)
            writer.Gap(PlanEntries.Offload, "activations on the host; how many layers Megatron-LM offloads is no count here");
    }

    private static void ReadOptions(LaunchArguments arguments, LaunchPlan plan)
    {
        double capacity = arguments.Number("moe-expert-capacity-factor") ?? 0;
        bool isPadded = arguments.Switch("moe-pad-expert-input-to-capacity") ?? false;
        if (isPadded && capacity <= 0)
            arguments.Contradiction("moe-pad-expert-input-to-capacity", "needs --moe-expert-capacity-factor");
        else if (capacity > 0 && !isPadded)
            arguments.Nearest("moe-expert-capacity-factor", "without --moe-pad-expert-input-to-capacity computes what arrives below the capacity; here it is padded");
        plan.State(PlanEntries.CapacityFactor, one => one with { CapacityFactor = Math.Max(0, capacity) });
        bool isOverlapped = arguments.Switch("overlap-moe-expert-parallel-comm") ?? false;
        plan.State(PlanEntries.OverlapExperts, one => one with { OverlapsExperts = isOverlapped });
        bool isOffloaded = arguments.Switch("optimizer-cpu-offload") ?? false;
        if (isOffloaded && arguments.Number("optimizer-offload-fraction") is { } share and not 1)
            arguments.Nearest("optimizer-offload-fraction", string.Create(CultureInfo.InvariantCulture, $"of {share} is taken as all"));
        else
            arguments.Has("optimizer-offload-fraction");
        plan.State(PlanEntries.Offload, one => one with { Offload = isOffloaded ? Offload.Optimizer : Offload.None });
    }

    private static void WriteContext(Plan plan, LaunchWriter writer)
    {
        if (plan.ContextParallel == 1)
            return;
        int type = Array.IndexOf(ContextLayouts, plan.ContextLayout.Name);
        writer.Add("cp-comm-type", ContextTypes[Math.Max(0, type)]);
        if (type < 0)
            writer.Gap(PlanEntries.ContextLayout, $"context parallelism by {plan.ContextLayout.Name}; {ContextTypes[0]} stands in its place");
        if (plan.ContextLayout.Name == PlanEntries.Hybrid && plan.ContextInner > 0)
            writer.Add("hierarchical-context-parallel-sizes", string.Create(CultureInfo.InvariantCulture, $"{plan.ContextInner} {plan.ContextParallel / plan.ContextInner}"));
        else if (plan.ContextLayout.Name == PlanEntries.Hybrid)
            writer.Remark("a2a+p2p needs --hierarchical-context-parallel-sizes: the ranks that swap heads, then the groups");
        if (!plan.IsContextBalanced)
            writer.Gap(PlanEntries.ContextBalance, "tokens in their order on context-parallel ranks; Megatron-LM balances them under a causal mask");
    }

    private static void ReadContext(LaunchArguments arguments, LaunchPlan plan)
    {
        int type = arguments.Word("cp-comm-type", ContextTypes) ?? 0;
        int inner = arguments.Integer("hierarchical-context-parallel-sizes") ?? 0;
        if (inner > 0 && plan.Plan.ContextParallel % inner != 0)
            arguments.Contradiction("hierarchical-context-parallel-sizes", string.Create(CultureInfo.InvariantCulture, $"has groups of {inner}, which do not divide the {plan.Plan.ContextParallel} context-parallel ranks"));
        plan.State(PlanEntries.ContextLayout, one => one with { ContextLayout = ContextLayout.List.Get(ContextLayouts[type]) });
        plan.State(PlanEntries.ContextInner, one => one with { ContextInner = inner });
        plan.State(PlanEntries.ContextBalance, static one => one);
    }

    private static void WriteStates(Plan plan, LaunchWriter writer)
    {
        if (plan.OptimizerStates != OptimizerStates.Fp32)
        {
            writer.Switch("use-precision-aware-optimizer");
            writer.Add("exp-avg-dtype", StateFormats[(int)plan.OptimizerStates]);
            writer.Add("exp-avg-sq-dtype", StateFormats[(int)plan.OptimizerStates]);
            if (plan.Zero == 0)
                writer.Remark("--use-precision-aware-optimizer needs --use-distributed-optimizer");
        }

        if (plan.Gradients is NumberFormat.Bf16)
            writer.Switch("grad-reduce-in-bf16");
        else if (plan.Gradients is NumberFormat.Fp32)
            writer.Switch("accumulate-allreduce-grads-in-fp32");
        else if (plan.Gradients is { } other)
            writer.Gap(PlanEntries.Gradients, $"gradients in {other.Text()}");
    }

    private static void ReadStates(LaunchArguments arguments, LaunchPlan plan)
    {
        int first = arguments.Word("exp-avg-dtype", StateFormats) ?? 0;
        int second = arguments.Word("exp-avg-sq-dtype", StateFormats) ?? 0;
        bool isUsed = arguments.Switch("use-precision-aware-optimizer") ?? false;
        if (!isUsed && first + second > 0)
            arguments.Contradiction(first > 0 ? "exp-avg-dtype" : "exp-avg-sq-dtype", "needs --use-precision-aware-optimizer");
        if (first != second)
            arguments.Nearest("exp-avg-dtype", "differs from --exp-avg-sq-dtype; the wider is taken for both");
        int states = Math.Min(first, second);
        plan.State(PlanEntries.OptimizerStates, one => one with { OptimizerStates = (OptimizerStates)Math.Min(states, 2) });
        bool isBf16 = arguments.Switch("grad-reduce-in-bf16") ?? false;
        bool isFp32 = arguments.Switch("accumulate-allreduce-grads-in-fp32") ?? false;
        if (isBf16 && isFp32)
            arguments.Contradiction("grad-reduce-in-bf16", "and --accumulate-allreduce-grads-in-fp32 exclude each other");
        plan.State(PlanEntries.Gradients, one => one with { Gradients = isBf16 ? NumberFormat.Bf16 : isFp32 ? NumberFormat.Fp32 : null });
    }

    private static void WriteRecompute(Plan plan, LaunchWriter writer)
    {
        switch (plan.Recompute)
        {
            case Recompute.Full:
                writer.Add("recompute-granularity", "full");
                writer.Add("recompute-method", "uniform");
                writer.Add("recompute-num-layers", 1);
                break;
            case Recompute.Selective:
                writer.Add("recompute-granularity", "selective");
                break;
            case Recompute.Modules:
                writer.Add("recompute-granularity", "selective");
                writer.Add("recompute-modules", string.Join(' ', ModuleWords.Where((_, bit) => ((int)plan.RecomputeModules & (1 << bit)) != 0)));
                if ((plan.RecomputeModules & RecomputeModules.Activation) != RecomputeModules.None)
                    writer.Remark("moe_act is the activation of routed experts; dense layers keep theirs in Megatron-LM");
                break;
            default:
                break;
        }
    }

    private static void ReadRecompute(LaunchArguments arguments, LaunchPlan plan)
    {
        int granularity = (arguments.Word("recompute-granularity", "selective", "full") ?? -1) + 1;
        if (arguments.Switch("recompute-activations") == true)
        {
            if (granularity == 2)
                arguments.Contradiction("recompute-activations", "is selective recomputation, but --recompute-granularity is full");
            granularity = 1;
        }

        int method = arguments.Word("recompute-method", "uniform", "block") ?? -1;
        int layers = arguments.Integer("recompute-num-layers", 0) ?? 1;
        if (granularity == 1 && method >= 0)
            arguments.Contradiction("recompute-method", "is for --recompute-granularity full");
        if (granularity == 2 && (method == 1 || layers != 1))
            arguments.Nearest("recompute-granularity", "recomputes by blocks of layers there; here every layer is recomputed by itself");
        RecomputeModules modules = RecomputeModules.None;
        foreach (string word in arguments.Words("recompute-modules"))
        {
            int bit = Array.IndexOf(ModuleWords, word);
            if (bit >= 0)
                modules |= (RecomputeModules)(1 << bit);
            else
                arguments.Nearest("recompute-modules", $"names {word}, which is not told apart here");
        }

        if (modules != RecomputeModules.None && granularity != 1)
            arguments.Contradiction("recompute-modules", "is for --recompute-granularity selective");
        plan.State(PlanEntries.Recompute, one => modules == RecomputeModules.None
            ? one with { Recompute = (Recompute)granularity }
            : one with { Recompute = Recompute.Modules, RecomputeModules = modules });
    }

    private static void WriteSharding(Plan plan, LaunchWriter writer)
    {
        if (plan.Zero == 1)
        {
            writer.Switch("use-distributed-optimizer");
        }
        else if (plan.Zero >= 2)
        {
            writer.Switch("use-megatron-fsdp");
            writer.Switch("use-distributed-optimizer");
            writer.Add("data-parallel-sharding-strategy", plan.Zero == 2 ? Shardings[2] : Shardings[3]);
            writer.Remark("--use-megatron-fsdp needs --ckpt-format fsdp_dtensor and --no-gradient-accumulation-fusion beside it");
        }

        if (plan.ShardRanks is > 0 and var shard)
        {
            if (plan.DataParallel % shard == 0)
                writer.Add("num-distributed-optimizer-instances", plan.DataParallel / shard);
            else
                writer.Gap(PlanEntries.ShardRanks, string.Create(CultureInfo.InvariantCulture, $"shards over {shard} ranks, which do not divide the {plan.DataParallel} data-parallel ones; all of them share"));
        }
    }

    private static void ReadSharding(LaunchArguments arguments, LaunchPlan plan)
    {
        bool isDistributed = arguments.Switch("use-distributed-optimizer") ?? false;
        bool isFsdp = arguments.Switch("use-megatron-fsdp") ?? false;
        bool isTorchFsdp = arguments.Switch("use-torch-fsdp2") ?? false;
        int strategy = arguments.Word("data-parallel-sharding-strategy", Shardings) ?? 3;
        int instances = arguments.Integer("num-distributed-optimizer-instances") ?? 1;
        if (isFsdp && isTorchFsdp)
            arguments.Contradiction("use-torch-fsdp2", "and --use-megatron-fsdp exclude each other");
        if (isTorchFsdp && plan.Plan.PipelineParallel > 1)
            arguments.Contradiction("use-torch-fsdp2", "does not combine with pipeline parallelism");
        int zero = isFsdp ? strategy : isTorchFsdp ? 3 : isDistributed ? 1 : 0;
        plan.State(PlanEntries.Zero, one => one with { Zero = zero });
        int data = plan.Plan.DataParallel;
        if (instances > 1 && zero < 3)
        {
            arguments.Nearest("num-distributed-optimizer-instances", "shares optimizer states within part of the data-parallel ranks; here all of them share");
        }
        else if (instances > 1 && data % instances != 0)
        {
            arguments.Contradiction("num-distributed-optimizer-instances", string.Create(CultureInfo.InvariantCulture, $"does not divide the {data} data-parallel ranks"));
            instances = 1;
        }

        plan.State(PlanEntries.ShardRanks, one => one with { ShardRanks = zero == 3 && instances > 1 ? data / instances : 0 });
    }

    private static void WritePrecision(Plan plan, LaunchWriter writer)
    {
        switch (plan.Precision)
        {
            case NumberFormat.Fp32:
                break;
            case NumberFormat.Fp16:
                writer.Switch("fp16");
                break;
            case NumberFormat.Fp8:
                Fp8("hybrid", "tensorwise");
                break;
            case NumberFormat.Fp8Block:
                Fp8("e4m3", "blockwise");
                break;
            case NumberFormat.Mxfp8:
                Fp8("e4m3", "mxfp8");
                break;
            case NumberFormat.Nvfp4:
                writer.Switch("bf16");
                writer.Add("fp4-format", "e2m1");
                break;
            case NumberFormat.Bf16:
                writer.Switch("bf16");
                break;
            default:
                writer.Switch("bf16");
                writer.Gap(PlanEntries.Precision, $"precision {plan.Precision.Text()}; bf16 stands in its place");
                break;
        }

        void Fp8(string format, string recipe)
        {
            writer.Switch("bf16");
            writer.Add("fp8-format", format);
            writer.Add("fp8-recipe", recipe);
        }
    }

    private static void ReadPrecision(LaunchArguments arguments, LaunchPlan plan)
    {
        bool isBf16 = arguments.Switch("bf16") ?? false;
        bool isFp16 = arguments.Switch("fp16") ?? false;
        int? fp8 = arguments.Word("fp8-format", "hybrid", "e4m3");
        int recipe = arguments.Word("fp8-recipe", Fp8Recipes) ?? 1;
        int? fp4 = arguments.Word("fp4-format", "e2m1");
        if (isBf16 && isFp16)
            arguments.Contradiction("fp16", "and --bf16 exclude each other");
        if (fp8 is not null && fp4 is not null)
            arguments.Contradiction("fp4-format", "and --fp8-format exclude each other");
        NumberFormat format = (fp4, fp8) switch
        {
            (not null, _) => NumberFormat.Nvfp4,
            (_, not null) => recipe switch { 2 => NumberFormat.Mxfp8, 3 => NumberFormat.Fp8Block, _ => NumberFormat.Fp8 },
            _ => isBf16 ? NumberFormat.Bf16 : isFp16 ? NumberFormat.Fp16 : NumberFormat.Fp32,
        };
        if (fp8 is not null && recipe == 4)
            arguments.Nearest("fp8-recipe", "is a recipe of one's own; one scale a tensor is taken");
        plan.State(PlanEntries.Precision, one => one with { Precision = format });
    }

    private static void ReadVirtualStages(LaunchArguments arguments, LaunchJob job, LaunchPlan plan)
    {
        int? stages = arguments.Integer("num-virtual-stages-per-pipeline-rank");
        int? layersEach = arguments.Integer("num-layers-per-virtual-pipeline-stage");
        int layers = arguments.Integer("num-layers") ?? job.Layers;
        if (job.Layers > 0 && layers != job.Layers)
            arguments.Contradiction("num-layers", string.Create(CultureInfo.InvariantCulture, $"is {layers}, but the model has {job.Layers} layers"));
        if (layersEach is { } each)
        {
            if (stages is not null)
            {
                arguments.Contradiction("num-layers-per-virtual-pipeline-stage", "and --num-virtual-stages-per-pipeline-rank exclude each other");
            }
            else if (layers == 0 || layers % ((long)plan.Plan.PipelineParallel * each) != 0)
            {
                arguments.Contradiction("num-layers-per-virtual-pipeline-stage", string.Create(CultureInfo.InvariantCulture, $"of {each} does not divide {layers} layers on {plan.Plan.PipelineParallel} stages"));
            }
            else
            {
                stages = layers / (plan.Plan.PipelineParallel * each);
            }
        }

        if (arguments.Text("pipeline-model-parallel-layout") is { } layout)
        {
            PipelineSplit? split = LayoutOf(layout.Trim('\'', '"'));
            if (split is null)
                arguments.Nearest("pipeline-model-parallel-layout", "is read where it names E, t, m and L with repetitions of one letter; the layers are laid evenly");
            else if (split.Layers.Length % plan.Plan.PipelineParallel != 0)
                arguments.Contradiction("pipeline-model-parallel-layout", string.Create(CultureInfo.InvariantCulture, $"has {split.Layers.Length} parts, no multiple of {plan.Plan.PipelineParallel} stages"));
            else if (stages is not null)
                arguments.Contradiction("pipeline-model-parallel-layout", "says how many virtual stages there are, and so does another argument");
            else
                stages = split.Layers.Length / plan.Plan.PipelineParallel;
            plan.State(PlanEntries.PipelineSplit, one => one with { Split = split });
        }

        ReadEnds(arguments, layers, plan, stages);
        if (stages > 1 && plan.Plan.PipelineParallel == 1)
            arguments.Contradiction("num-virtual-stages-per-pipeline-rank", "needs --pipeline-model-parallel-size above 1");
        plan.State(PlanEntries.VirtualStages, stages ?? 1, static (one, value) => one with { VirtualStages = value });
    }

    /// <summary>Layers of the first and of the last stage, the others sharing the rest alike.</summary>
    private static void ReadEnds(LaunchArguments arguments, int layers, LaunchPlan plan, int? virtualStages)
    {
        const string First = "decoder-first-pipeline-num-layers";
        const string Last = "decoder-last-pipeline-num-layers";
        int? first = arguments.Integer(First, 0);
        int? last = arguments.Integer(Last, 0);
        int stages = plan.Plan.PipelineParallel;
        if ((first is null && last is null) || plan.Plan.Split is not null)
            return;
        string key = first is null ? Last : First;
        if (virtualStages > 1)
        {
            arguments.Nearest(key, "beside several chunks a rank is left out; the layers are laid evenly");
            return;
        }

        int between = stages - (first is null ? 0 : 1) - (last is null ? 0 : 1);
        int rest = layers - (first ?? 0) - (last ?? 0);
        if (layers == 0 || between < 1 || rest < 0 || rest % between != 0)
        {
            arguments.Contradiction(key, string.Create(CultureInfo.InvariantCulture, $"leaves {rest} of {layers} layers to {between} stages"));
            return;
        }

        int[] counts = new int[stages];
        Array.Fill(counts, rest / between);
        counts[0] = first ?? counts[0];
        counts[^1] = last ?? counts[^1];
        plan.State(PlanEntries.PipelineSplit, one => one with { Split = PipelineSplit.Of(counts) });
    }
}
