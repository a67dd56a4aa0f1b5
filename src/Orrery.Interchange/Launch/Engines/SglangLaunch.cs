using System.Collections.Immutable;
using System.Text;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Arguments of <c>python -m sglang.launch_server</c>.</summary>
/// <remarks>
/// Source: sgl-project/sglang, docs/advanced_features/server_arguments.md. <c>--tp-size</c> counts all ranks of a pipeline stage where
/// <c>--enable-dp-attention</c> splits attention over sequences; <c>--dp-size</c> without it makes replicas of their own, each dealt requests by
/// <c>--load-balance-method</c>. Limits of batch and tokens are those of a whole replica. <c>--mem-fraction-static</c> covers weights and cache alone.
/// </remarks>
public sealed class SglangLaunch : EngineFramework
{
    private static readonly ImmutableArray<(NumberFormat Format, string Word)> Formats =
    [
        (NumberFormat.Fp8, "fp8"), (NumberFormat.Fp8, "w8a8_fp8"), (NumberFormat.Fp8, "modelopt"), (NumberFormat.Nvfp4, "modelopt_fp4"), (NumberFormat.Mxfp4, "mxfp4"),
        (NumberFormat.Int4WeightOnly, "awq"), (NumberFormat.Int4WeightOnly, "awq_marlin"), (NumberFormat.Int4WeightOnly, "gptq"), (NumberFormat.Int4WeightOnly, "gptq_marlin"),
    ];

    public override string Name => "sglang";

    public override string Release => "SGLang 0.5";

    public override ImmutableArray<string> Marks => ["sglang.launch_server", "sglang serve"];

    public override string OptionsKey => "config";

    public override ImmutableArray<string> Entries => EngineEntries.OfPagedEngines;

    public override ImmutableArray<string> Keys { get; } =
    [
        "tp-size", "pp-size", "dp-size", "enable-dp-attention", "ep-size", "load-balance-method", "dtype", "quantization", "kv-cache-dtype", "max-running-requests",
        "chunked-prefill-size", "context-length", "page-size", "mem-fraction-static", "disable-radix-cache", "enable-mixed-chunk", "schedule-policy",
    ];

    public override ImmutableArray<(string Alias, string Key)> Aliases =>
    [
        ("tp", "tp-size"), ("tensor-parallel-size", "tp-size"), ("pp", "pp-size"), ("pipeline-parallel-size", "pp-size"), ("dp", "dp-size"), ("data-parallel-size", "dp-size"),
        ("ep", "ep-size"), ("expert-parallel-size", "ep-size"), ("q", "quantization"),
    ];

    public override string Spell(string key) => "--" + key;

    protected override void Write(EngineSetup setup, EngineJob job, LaunchWriter writer)
    {
        ServingPlan plan = setup.Plan;
        writer.Add("tp-size", plan.TensorParallel * plan.DataParallel);
        if (plan.PipelineParallel > 1)
            writer.Add("pp-size", plan.PipelineParallel);
        int inCommand = 1;
        if (plan.DataParallel > 1)
        {
            writer.Add("dp-size", plan.DataParallel);
            writer.Switch("enable-dp-attention");
        }
        else if (plan.Replicas > 1)
        {
            inCommand = plan.Replicas;
            writer.Add("dp-size", inCommand);
            int method = Balances.IndexOf(setup.Router);
            writer.Add("load-balance-method", Methods[Math.Max(0, method)]);
            if (method < 0)
                writer.Gap(EngineEntries.Router, $"router {setup.Router}; SGLang's router, a program of its own, has --policy cache_aware");
        }

        if (plan.ExpertParallel > 1)
            writer.Add("ep-size", plan.ExpertParallel);
        WriteCopies(setup, job, writer, plan.RanksPerReplica * inCommand);
        writer.Add("dtype", plan.Precision switch { NumberFormat.Bf16 => "bfloat16", NumberFormat.Fp16 => "float16", _ => "auto" });
        if (WriteFormats(setup, job, writer, Formats) is { Length: > 0 } word)
        {
            writer.Add("quantization", word);
            if (word != "fp8")
                writer.Remark($"weights quantised as {word} must be there: only fp8 is made of 16-bit weights as they are loaded");
        }

        writer.Add("kv-cache-dtype", plan.KvPrecision == NumberFormat.Fp8 ? "fp8_e4m3" : "auto");
        writer.Add("max-running-requests", setup.MaxBatch);
        writer.Add("chunked-prefill-size", setup.TokenBudget);
        if (setup.ContextTokens > 0)
            writer.Add("context-length", setup.ContextTokens);
        writer.Add("page-size", setup.BlockTokens);
        double fraction = setup.MemoryShare - (job.MemoryOf(setup).Reserved.Value / job.RankMemory);
        if (fraction > 0)
            writer.Add("mem-fraction-static", Share(fraction));
        else
            writer.Gap(EngineEntries.MemoryShare, "a share of memory below the engine's workspace");
        if (!setup.CachesPrefixes)
            writer.Switch("disable-radix-cache");
        if (setup.Batching == Mixed)
            writer.Switch("enable-mixed-chunk");
        else if (setup.Batching != First)
            writer.Gap(EngineEntries.Batching, $"batching {setup.Batching}; SGLang works on prompts first, or beside decodes");
        writer.Add("schedule-policy", Arrival);
    }

    protected override void Format(string model, LaunchWriter writer, StringBuilder text) => FormatCommand(
        "python -m sglang.launch_server", writer.Arguments.Select(static one => one.Value.Length == 0 ? $"--{one.Key}" : $"--{one.Key} {one.Value}").Prepend($"--model-path {model}"), text);

    protected override void Read(LaunchArguments arguments, EngineJob job, EngineDraft draft)
    {
        int tensor = arguments.Integer("tp-size") ?? 1;
        int data = arguments.Integer("dp-size") ?? 1;
        bool isAttention = arguments.Switch("enable-dp-attention") ?? false;
        int split = isAttention ? data : 1;
        if (tensor % split != 0)
            arguments.Contradiction("dp-size", $"of {split} does not divide the tp-size of {tensor}, which holds it under --enable-dp-attention");
        draft.StatePlan(EngineEntries.TensorParallel, plan => plan with { TensorParallel = Math.Max(1, tensor / split) });
        draft.StatePlan(EngineEntries.PipelineParallel, plan => plan with { PipelineParallel = arguments.Integer("pp-size") ?? 1 });
        draft.StatePlan(EngineEntries.DataParallel, plan => plan with { DataParallel = split });
        draft.StatePlan(EngineEntries.ExpertParallel, plan => plan with { ExpertParallel = arguments.Integer("ep-size") ?? 1 });
        draft.DivideRanks("tp-size", isAttention ? 1 : data);
        if (arguments.Word("load-balance-method", Methods) is { } method)
            draft.State(EngineEntries.Router, setup => setup with { Router = Balances[Math.Min(method, Balances.Length - 1)] });
        ReadFormats(arguments, job, draft, "quantization", arguments.Text("quantization"), arguments.Text("dtype"), Formats);
        if (arguments.Word("kv-cache-dtype", "auto", "bfloat16", "bf16", "fp8_e4m3", "fp8_e5m2") is { } cache)
            draft.StatePlan(EngineEntries.KvPrecision, plan => plan with { KvPrecision = cache >= 3 ? NumberFormat.Fp8 : NumberFormat.Bf16 });
        draft.State(EngineEntries.MaxBatch, arguments.Integer("max-running-requests"), static (setup, value) => setup with { MaxBatch = value });
        if (arguments.Text("chunked-prefill-size") == "-1")
            arguments.Nearest("chunked-prefill-size", "cuts no prompts; they are cut to the stack's chunk here");
        else
            draft.State(EngineEntries.Chunk, arguments.Integer("chunked-prefill-size"), static (setup, value) => setup with { TokenBudget = value });
        draft.State(EngineEntries.MaxContext, arguments.Integer("context-length"), static (setup, value) => setup with { ContextTokens = value });
        draft.State(EngineEntries.BlockTokens, arguments.Integer("page-size"), static (setup, value) => setup with { BlockTokens = value });
        bool isOff = arguments.Switch("disable-radix-cache") ?? false;
        draft.State(EngineEntries.PrefixCache, setup => setup with { CachesPrefixes = !isOff });
        bool isMixed = arguments.Switch("enable-mixed-chunk") ?? false;
        draft.State(EngineEntries.Batching, setup => setup with { Batching = isMixed ? Mixed : First });
        if (arguments.Text("schedule-policy") is { } policy && policy != Arrival)
            arguments.Nearest("schedule-policy", $"is {policy}; requests are taken as they came here");
        if (arguments.Number("mem-fraction-static") is { } fraction)
        {
            double share = fraction + (job.MemoryOf(draft.Setup).Reserved.Value / job.RankMemory);
            if (fraction <= 1)
                draft.State(EngineEntries.MemoryShare, setup => setup with { MemoryShare = Math.Min(1, share) });
            else
                arguments.Contradiction("mem-fraction-static", "is above 1, the whole memory");
        }
    }

    private const string Arrival = "fcfs";

    private static readonly string[] Methods = ["round_robin", "shortest_queue", "minimum_tokens"];

    /// <summary>Routers in the order of <see cref="Methods"/>; the last two are one here.</summary>
    private static ImmutableArray<string> Balances { get; } = [new RoundRobin().Name, new LeastLoaded().Name];

    private static string Mixed { get; } = new MixedBatching().Name;

    private static string First { get; } = new PrefillFirst().Name;
}
