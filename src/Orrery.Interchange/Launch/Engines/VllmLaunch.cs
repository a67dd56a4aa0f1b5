using System.Collections.Immutable;
using System.Text;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Arguments of <c>vllm serve</c>.</summary>
/// <remarks>
/// Source: vllm-project/vllm, vllm/engine/arg_utils.py (names) and docs/serving/data_parallel_deployment (meaning): data parallelism makes engines of
/// their own; those of a network with experts advance together, attend for different sequences and share out the experts, over <c>DP x TP</c> ranks in
/// tensor slices or, with <c>--enable-expert-parallel</c>, whole. Limits of batch and tokens are those of one engine.
/// </remarks>
public sealed class VllmLaunch : EngineFramework
{
    private static readonly ImmutableArray<int> Blocks = [1, 8, 16, 32, 64, 128, 256];

    private static readonly ImmutableArray<(NumberFormat Format, string Word)> Formats =
    [
        (NumberFormat.Fp8, "fp8"), (NumberFormat.Fp8, "modelopt"), (NumberFormat.Nvfp4, "modelopt_fp4"), (NumberFormat.Mxfp4, "mxfp4"),
        (NumberFormat.Int4WeightOnly, "awq"), (NumberFormat.Int4WeightOnly, "awq_marlin"), (NumberFormat.Int4WeightOnly, "gptq"), (NumberFormat.Int4WeightOnly, "gptq_marlin"),
    ];

    public override string Name => "vllm";

    public override string Release => "vLLM 0.11";

    public override ImmutableArray<string> Marks => ["vllm serve", "vllm.entrypoints"];

    public override string OptionsKey => "config";

    public override ImmutableArray<string> Entries => EngineEntries.OfPagedEngines;

    public override ImmutableArray<string> Keys { get; } =
    [
        "tensor-parallel-size", "pipeline-parallel-size", "data-parallel-size", "enable-expert-parallel", "no-enable-expert-parallel", "dtype", "quantization",
        "kv-cache-dtype", "max-num-seqs", "max-num-batched-tokens", "max-model-len", "block-size", "gpu-memory-utilization", "enable-prefix-caching",
        "no-enable-prefix-caching", "enable-chunked-prefill", "no-enable-chunked-prefill",
    ];

    public override ImmutableArray<(string Alias, string Key)> Aliases =>
        [("tp", "tensor-parallel-size"), ("pp", "pipeline-parallel-size"), ("dp", "data-parallel-size"), ("q", "quantization")];

    public override string Spell(string key) => "--" + key;

    protected override void Write(EngineSetup setup, EngineJob job, LaunchWriter writer)
    {
        ServingPlan plan = setup.Plan;
        writer.Add("tensor-parallel-size", plan.TensorParallel);
        if (plan.PipelineParallel > 1)
            writer.Add("pipeline-parallel-size", plan.PipelineParallel);
        int engines = job.HasExperts ? plan.DataParallel : 1;
        int inCommand = 1;
        if (job.HasExperts)
        {
            if (engines > 1)
                writer.Add("data-parallel-size", engines);
            int all = plan.TensorParallel * engines;
            if (plan.ExpertParallel == all && all > 1)
                writer.Switch("enable-expert-parallel");
            else if (plan.ExpertParallel > 1)
                writer.Gap(EngineEntries.ExpertParallel, $"ep {plan.ExpertParallel}; vLLM shares whole experts out over all {all} ranks of a replica or none, and none stands in its place");
        }
        else if (plan.DataParallel > 1)
        {
            writer.Gap(EngineEntries.DataParallel, $"attention data parallelism {plan.DataParallel} of a network without experts; engines of their own stand in its place");
            writer.Gap(EngineEntries.Replicas, $"replicas {plan.Replicas}, each of {plan.DataParallel} engines in step; {plan.Replicas * plan.DataParallel} stand in their place");
        }
        else if (plan.Replicas > 1)
        {
            inCommand = plan.Replicas;
            writer.Add("data-parallel-size", inCommand);
            if (setup.Router != LeastLoadedName)
                writer.Gap(EngineEntries.Router, $"router {setup.Router}; vLLM's front hands each request to the engine with the fewest");
        }

        WriteCopies(setup, job, writer, plan.TensorParallel * plan.PipelineParallel * engines * inCommand);
        writer.Add("dtype", plan.Precision switch { NumberFormat.Bf16 => "bfloat16", NumberFormat.Fp16 => "float16", _ => "auto" });
        if (WriteFormats(setup, job, writer, Formats) is { Length: > 0 } word)
        {
            writer.Add("quantization", word);
            if (word != "fp8")
                writer.Remark($"weights quantised as {word} must be there: only fp8 is made of 16-bit weights as they are loaded");
        }

        writer.Add("kv-cache-dtype", plan.KvPrecision == NumberFormat.Fp8 ? "fp8" : "auto");
        AddPart(writer, "max-num-seqs", EngineEntries.MaxBatch, setup.MaxBatch, engines);
        AddPart(writer, "max-num-batched-tokens", EngineEntries.Chunk, setup.TokenBudget, engines);
        if (setup.ContextTokens > 0)
            writer.Add("max-model-len", setup.ContextTokens);
        if (Blocks.Contains(setup.BlockTokens))
            writer.Add("block-size", setup.BlockTokens);
        else
            writer.Gap(EngineEntries.BlockTokens, $"blocks of {setup.BlockTokens} tokens; vLLM has {string.Join(", ", Blocks)}");
        writer.Add("gpu-memory-utilization", Share(setup.MemoryShare));
        writer.Switch(setup.CachesPrefixes ? "enable-prefix-caching" : "no-enable-prefix-caching");
        if (setup.Batching == Mixed)
            writer.Switch("enable-chunked-prefill");
        else
            writer.Gap(EngineEntries.Batching, $"batching {setup.Batching}; vLLM works on prompts beside decodes");
    }

    protected override void Format(string model, LaunchWriter writer, StringBuilder text) =>
        FormatCommand($"vllm serve {model}", writer.Arguments.Select(static one => one.Value.Length == 0 ? $"--{one.Key}" : $"--{one.Key} {one.Value}"), text);

    protected override void Read(LaunchArguments arguments, EngineJob job, EngineDraft draft)
    {
        draft.StatePlan(EngineEntries.TensorParallel, plan => plan with { TensorParallel = arguments.Integer("tensor-parallel-size") ?? 1 });
        draft.StatePlan(EngineEntries.PipelineParallel, plan => plan with { PipelineParallel = arguments.Integer("pipeline-parallel-size") ?? 1 });
        int data = arguments.Integer("data-parallel-size") ?? 1;
        bool sharesExperts = arguments.Switch("enable-expert-parallel") ?? false;
        if (arguments.Has("no-enable-expert-parallel"))
            sharesExperts = false;
        int engines = job.HasExperts ? data : 1;
        draft.StatePlan(EngineEntries.DataParallel, plan => plan with { DataParallel = engines });
        draft.StatePlan(EngineEntries.ExpertParallel, plan => plan with { ExpertParallel = sharesExperts && job.HasExperts ? plan.TensorParallel * engines : 1 });
        if (!job.HasExperts && data > 1)
            draft.State(EngineEntries.Router, static setup => setup with { Router = LeastLoadedName });
        draft.DivideRanks("tensor-parallel-size", job.HasExperts ? 1 : data);
        ReadFormats(arguments, job, draft, "quantization", arguments.Text("quantization"), arguments.Text("dtype"), Formats);
        if (arguments.Word("kv-cache-dtype", "auto", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2") is { } cache)
            draft.StatePlan(EngineEntries.KvPrecision, plan => plan with { KvPrecision = cache >= 2 ? NumberFormat.Fp8 : NumberFormat.Bf16 });
        draft.State(EngineEntries.MaxBatch, arguments.Integer("max-num-seqs"), (setup, value) => setup with { MaxBatch = value * engines });
        draft.State(EngineEntries.Chunk, Tokens(arguments, "max-num-batched-tokens"), (setup, value) => setup with { TokenBudget = value * engines });
        draft.State(EngineEntries.MaxContext, Tokens(arguments, "max-model-len"), static (setup, value) => setup with { ContextTokens = value });
        draft.State(EngineEntries.BlockTokens, arguments.Integer("block-size"), static (setup, value) => setup with { BlockTokens = value });
        if (arguments.Number("gpu-memory-utilization") is { } share)
        {
            if (share <= 1)
                draft.State(EngineEntries.MemoryShare, setup => setup with { MemoryShare = share });
            else
                arguments.Contradiction("gpu-memory-utilization", "is above 1, the whole memory");
        }

        bool? caches = arguments.Switch("enable-prefix-caching");
        if (arguments.Has("no-enable-prefix-caching"))
            caches = false;
        if (caches is { } keeps)
            draft.State(EngineEntries.PrefixCache, setup => setup with { CachesPrefixes = keeps });
        bool isWhole = arguments.Has("no-enable-chunked-prefill");
        if (arguments.Switch("enable-chunked-prefill") == false || isWhole)
            arguments.Nearest(isWhole ? "no-enable-chunked-prefill" : "enable-chunked-prefill", "works on whole prompts beside decodes; here they are cut to fit an iteration");
        draft.State(EngineEntries.Batching, static setup => setup with { Batching = Mixed });
    }

    private static string LeastLoadedName { get; } = new LeastLoaded().Name;

    private static string Mixed { get; } = new MixedBatching().Name;
}
