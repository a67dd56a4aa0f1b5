using System.Collections.Immutable;
using System.Text;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Arguments of <c>trtllm-serve</c> and the YAML of further options beside it.</summary>
/// <remarks>
/// Source: NVIDIA/TensorRT-LLM, tensorrt_llm/commands/serve.py (arguments), its published serving configurations (options). Attention data parallelism
/// runs over all ranks of a stage, and the limits of batch and tokens are then those of one rank. The cache takes a fraction of the memory that weights
/// and buffers leave.
/// </remarks>
public sealed class TrtllmLaunch : EngineFramework
{
    private const string File = "extra-llm-api-options.yaml";

    private static readonly ImmutableArray<string> Commands =
    [
        "tp_size", "pp_size", "ep_size", "max_batch_size", "max_num_tokens", "max_seq_len", "kv_cache_free_gpu_memory_fraction", "enable_chunked_prefill", "extra_llm_api_options",
    ];

    private static readonly ImmutableArray<(NumberFormat Format, string Word)> Formats =
    [
        (NumberFormat.Fp8, "FP8"), (NumberFormat.Fp8Block, "FP8_BLOCK_SCALES"), (NumberFormat.Nvfp4, "NVFP4"), (NumberFormat.Int4WeightOnly, "W4A16_AWQ"),
        (NumberFormat.Int4WeightOnly, "W4A16_GPTQ"), (NumberFormat.Int4WeightOnly, "W4A16"), (NumberFormat.Int8WeightOnly, "W8A16"),
    ];

    public override string Name => "trtllm";

    public override string Release => "TensorRT-LLM 1.2";

    public override ImmutableArray<string> Marks => ["trtllm-serve", "extra_llm_api_options"];

    public override string OptionsKey => "extra_llm_api_options";

    public override ImmutableArray<string> Entries => EngineEntries.OfPagedEngines;

    public override ImmutableArray<string> Keys { get; } =
    [
        .. Commands, "dtype", "quant_config.quant_algo", "enable_attention_dp", "kv_cache_config.dtype", "kv_cache_config.enable_block_reuse",
        "kv_cache_config.tokens_per_block", "scheduler_config.capacity_scheduler_policy",
    ];

    public override ImmutableArray<(string Alias, string Key)> Aliases =>
    [
        ("tensor_parallel_size", "tp_size"), ("pipeline_parallel_size", "pp_size"), ("moe_expert_parallel_size", "ep_size"),
        ("free_gpu_memory_fraction", "kv_cache_free_gpu_memory_fraction"), ("kv_cache_config.free_gpu_memory_fraction", "kv_cache_free_gpu_memory_fraction"),
        ("config", "extra_llm_api_options"),
    ];

    public override string Spell(string key) => Commands.Contains(key) ? "--" + key : key + ":";

    protected override void Write(EngineSetup setup, EngineJob job, LaunchWriter writer)
    {
        ServingPlan plan = setup.Plan;
        bool isAttention = plan.DataParallel > 1 && plan.TensorParallel == 1;
        int engines = isAttention ? plan.DataParallel : 1;
        writer.Add("tp_size", plan.TensorParallel * engines);
        if (plan.DataParallel > engines)
        {
            writer.Gap(EngineEntries.DataParallel, $"attention data parallelism {plan.DataParallel} beside tensor parallelism {plan.TensorParallel}; TensorRT-LLM attends for other sequences on each rank or on none, and none stands in its place");
            writer.Gap(EngineEntries.Replicas, $"replicas {plan.Replicas}, each of {plan.DataParallel} engines in step; {plan.Replicas * plan.DataParallel} stand in their place");
        }

        writer.Add("pp_size", plan.PipelineParallel);
        if (job.HasExperts)
        {
            writer.Add("ep_size", Math.Min(plan.ExpertParallel, plan.TensorParallel * engines));
            if (plan.ExpertParallel > plan.TensorParallel * engines)
                writer.Gap(EngineEntries.ExpertParallel, $"ep {plan.ExpertParallel} over ranks that attend for different sequences");
        }

        WriteCopies(setup, job, writer, plan.TensorParallel * plan.PipelineParallel * engines);
        AddPart(writer, "max_batch_size", EngineEntries.MaxBatch, setup.MaxBatch, engines);
        AddPart(writer, "max_num_tokens", EngineEntries.Chunk, setup.TokenBudget, engines);
        if (setup.ContextTokens > 0)
            writer.Add("max_seq_len", setup.ContextTokens);
        if (setup.Batching == Mixed)
            writer.Switch("enable_chunked_prefill");
        writer.Add("dtype", plan.Precision switch { NumberFormat.Bf16 => "bfloat16", NumberFormat.Fp16 => "float16", _ => "auto" });
        string? word = WriteFormats(setup, job, writer, Formats);
        if (word is { Length: > 0 })
        {
            writer.Add("quant_config.quant_algo", word);
            writer.Remark($"weights quantised as {word} must be there");
        }

        // The fraction is of what the weights leave that will run, whatever the plan had.
        ServingPlan runs = word is not null ? plan : plan with { Precision = job.Usual.Plan.Precision, ExpertPrecision = job.Usual.Plan.ExpertPrecision };
        runs = runs with { DataParallel = engines, ExpertParallel = Math.Min(plan.ExpertParallel, plan.TensorParallel * engines) };
        ServingMemory memory = job.MemoryOf(setup with { Plan = runs });
        double free = job.RankMemory - memory.Weights.Value - memory.Reserved.Value;
        if (free > 0 && memory.Cache.Value > 0)
            writer.Add("kv_cache_free_gpu_memory_fraction", Share(memory.Cache.Value / free));
        else
            writer.Gap(EngineEntries.MemoryShare, "a share of memory that leaves the cache none");
        writer.Add("extra_llm_api_options", File);

        if (isAttention)
            writer.Add("enable_attention_dp", "true");
        writer.Add("kv_cache_config.dtype", plan.KvPrecision == NumberFormat.Fp8 ? "fp8" : "auto");
        writer.Add("kv_cache_config.enable_block_reuse", setup.CachesPrefixes ? "true" : "false");
        writer.Add("kv_cache_config.tokens_per_block", setup.BlockTokens);
        if (setup.Batching == Static)
            writer.Add("scheduler_config.capacity_scheduler_policy", "STATIC_BATCH");
        else
            writer.Add("scheduler_config.capacity_scheduler_policy", job.Stack.ReservesOutput ? "GUARANTEED_NO_EVICT" : "MAX_UTILIZATION");
        if (setup.Batching != Mixed && setup.Batching != Whole && setup.Batching != Static)
            writer.Gap(EngineEntries.Batching, $"batching {setup.Batching}; TensorRT-LLM works on prompts beside decodes, or on whole batches");
    }

    protected override void Format(string model, LaunchWriter writer, StringBuilder text)
    {
        text.Append("cat > ").Append(File).Append(" <<'YAML'\n");
        FormatYaml(writer.Arguments.Where(static one => !Commands.Contains(one.Key)), text);
        text.Append("YAML\n");
        FormatCommand(
            $"trtllm-serve {model}",
            writer.Arguments.Where(static one => Commands.Contains(one.Key)).Select(static one => one.Value.Length == 0 ? $"--{one.Key}" : $"--{one.Key} {one.Value}"),
            text);
    }

    protected override void Read(LaunchArguments arguments, EngineJob job, EngineDraft draft)
    {
        int tensor = arguments.Integer("tp_size") ?? 1;
        bool isAttention = arguments.Switch("enable_attention_dp") ?? false;
        int engines = isAttention ? tensor : 1;
        draft.StatePlan(EngineEntries.TensorParallel, plan => plan with { TensorParallel = tensor / engines });
        draft.StatePlan(EngineEntries.DataParallel, plan => plan with { DataParallel = engines });
        draft.StatePlan(EngineEntries.PipelineParallel, plan => plan with { PipelineParallel = arguments.Integer("pp_size") ?? 1 });
        draft.StatePlan(EngineEntries.ExpertParallel, plan => plan with { ExpertParallel = arguments.Integer("ep_size") ?? 1 });
        draft.DivideRanks("tp_size", 1);
        draft.State(EngineEntries.MaxBatch, arguments.Integer("max_batch_size"), (setup, value) => setup with { MaxBatch = value * engines });
        draft.State(EngineEntries.Chunk, arguments.Integer("max_num_tokens"), (setup, value) => setup with { TokenBudget = value * engines });
        draft.State(EngineEntries.MaxContext, arguments.Integer("max_seq_len"), static (setup, value) => setup with { ContextTokens = value });
        ReadFormats(arguments, job, draft, "quant_config.quant_algo", arguments.Text("quant_config.quant_algo"), arguments.Text("dtype"), Formats);
        if (arguments.Word("kv_cache_config.dtype", "auto", "bfloat16", "bf16", "fp8") is { } cache)
            draft.StatePlan(EngineEntries.KvPrecision, plan => plan with { KvPrecision = cache >= 3 ? NumberFormat.Fp8 : NumberFormat.Bf16 });
        if (arguments.Switch("kv_cache_config.enable_block_reuse") is { } reuses)
            draft.State(EngineEntries.PrefixCache, setup => setup with { CachesPrefixes = reuses });
        draft.State(EngineEntries.BlockTokens, arguments.Integer("kv_cache_config.tokens_per_block"), static (setup, value) => setup with { BlockTokens = value });
        bool isChunked = arguments.Switch("enable_chunked_prefill") ?? false;
        int? policy = arguments.Word("scheduler_config.capacity_scheduler_policy", "GUARANTEED_NO_EVICT", "MAX_UTILIZATION", "STATIC_BATCH");
        if (policy is { } chosen and < 2 && (chosen == 0) != job.Stack.ReservesOutput)
            arguments.Nearest("scheduler_config.capacity_scheduler_policy", $"is not that of stack {job.Stack.Id}, which {(job.Stack.ReservesOutput ? "reserves whole answers" : "takes blocks as answers grow")}");
        draft.State(EngineEntries.Batching, setup => setup with { Batching = policy == 2 ? Static : isChunked ? Mixed : Whole });
        if (arguments.Number("kv_cache_free_gpu_memory_fraction") is { } fraction)
        {
            ServingMemory memory = job.MemoryOf(draft.Setup);
            double taken = memory.Weights.Value + memory.Reserved.Value;
            double share = job.Stack.SharesFreeMemory ? fraction : ((fraction * Math.Max(0, job.RankMemory - taken)) + taken) / job.RankMemory;
            if (fraction <= 1)
                draft.State(EngineEntries.MemoryShare, setup => setup with { MemoryShare = Math.Min(1, share) });
            else
                arguments.Contradiction("kv_cache_free_gpu_memory_fraction", "is above 1, all of the free memory");
        }
    }

    private static string Mixed { get; } = new MixedBatching().Name;

    private static string Whole { get; } = new MixedWholePrompts().Name;

    private static string Static { get; } = new DecodeFirst().Name;
}
