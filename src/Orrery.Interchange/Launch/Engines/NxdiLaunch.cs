using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>Arguments of <c>vllm serve</c> with its Neuron plugin, which runs NxD Inference, and the options of that library in <c>--additional-config</c>.</summary>
/// <remarks>
/// Source: aws-neuron/neuronx-distributed-inference, models/config.py (<c>NeuronConfig</c>) and the launch commands of its models. <c>tp_degree</c> counts
/// all ranks of a stage; <c>attention_dp_degree</c> of them attend for different sequences; experts are split <c>moe_ep_degree x moe_tp_degree</c>
/// ways. Prompts run in graphs of their own, one at a time (<c>ctx_batch_size</c> 1). Lengths are compiled for the buckets that the prediction pays for.
/// </remarks>
public sealed class NxdiLaunch : EngineFramework
{
    private const string Prefix = "additional-config.override_neuron_config.";

    private static readonly ImmutableArray<(NumberFormat Format, string Word)> Formats = [(NumberFormat.Fp8, "f8e4m3"), (NumberFormat.Int8WeightOnly, "int8")];

    public override string Name => "nxdi";

    public override string Release => "NxD Inference behind vLLM's Neuron plugin";

    public override ImmutableArray<string> Marks => ["override_neuron_config", "override-neuron-config", "neuronx-distributed-inference"];

    public override ImmutableArray<string> Entries { get; } =
    [
        EngineEntries.TensorParallel, EngineEntries.PipelineParallel, EngineEntries.DataParallel, EngineEntries.ExpertParallel, EngineEntries.Replicas,
        EngineEntries.Precision, EngineEntries.ExpertPrecision, EngineEntries.KvPrecision, EngineEntries.MaxBatch, EngineEntries.MaxContext,
        EngineEntries.BlockTokens, EngineEntries.PrefixCache, EngineEntries.LogicalCore, EngineEntries.Router, EngineEntries.Batching,
    ];

    public override ImmutableArray<string> Keys { get; } =
    [
        "tensor-parallel-size", "max-num-seqs", "max-model-len", "block-size", "enable-prefix-caching", "no-enable-prefix-caching", "enable-chunked-prefill",
        "no-enable-chunked-prefill", "dtype",
        .. ((string[])
        [
            "tp_degree", "pp_degree", "attention_dp_degree", "moe_ep_degree", "moe_tp_degree", "logical_nc_config", "batch_size", "ctx_batch_size", "tkg_batch_size", "seq_len",
            "max_context_length", "enable_bucketing", "context_encoding_buckets", "token_generation_buckets", "is_continuous_batching", "torch_dtype", "quantized",
            "quantization_dtype", "quantization_type", "kv_cache_quant", "is_prefix_caching", "is_block_kv_layout", "pa_block_size",
        ]).Select(static key => Prefix + key),
    ];

    public override ImmutableArray<(string Alias, string Key)> Aliases =>
    [
        ("tp", "tensor-parallel-size"), (Prefix + "logical_neuron_cores", Prefix + "logical_nc_config"),
        .. Keys.Where(static key => key.StartsWith(Prefix, StringComparison.Ordinal)).Select(static key => ("override-neuron-config." + key[Prefix.Length..], key)),
    ];

    public override string Spell(string key) => key.StartsWith(Prefix, StringComparison.Ordinal) ? key[Prefix.Length..] + ":" : "--" + key;

    public override int? LogicalCoreOf(IReadOnlyList<LaunchSetting> settings)
    {
        int? joined = null;
        foreach (LaunchSetting setting in settings)
        {
            if (setting.Key == Prefix + "logical_nc_config" && int.TryParse(setting.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                joined = value;
        }

        return joined;
    }

    protected override void Write(EngineSetup setup, EngineJob job, LaunchWriter writer)
    {
        ServingPlan plan = setup.Plan;
        int ranks = plan.TensorParallel * plan.DataParallel;
        writer.Add("tensor-parallel-size", ranks);
        WriteCopies(setup, job, writer, plan.RanksPerReplica);
        writer.Add("max-num-seqs", setup.MaxBatch);
        if (setup.ContextTokens > 0)
            writer.Add("max-model-len", setup.ContextTokens);
        writer.Add("block-size", setup.BlockTokens);
        writer.Switch(setup.CachesPrefixes ? "enable-prefix-caching" : "no-enable-prefix-caching");
        writer.Switch("no-enable-chunked-prefill");
        if (setup.Batching != OneByOne)
            writer.Gap(EngineEntries.Batching, $"batching {setup.Batching}; NxD Inference runs one whole prompt an iteration");
        Add("tp_degree", ranks);
        if (plan.PipelineParallel > 1)
            Add("pp_degree", plan.PipelineParallel);
        if (plan.DataParallel > 1)
            Add("attention_dp_degree", plan.DataParallel);
        if (job.HasExperts)
        {
            Add("moe_ep_degree", plan.ExpertParallel);
            Add("moe_tp_degree", plan.ExpertTensorParallel);
        }

        if (setup.LogicalCore is { } joined)
            Add("logical_nc_config", joined);
        Add("is_continuous_batching", "true");
        Add("batch_size", setup.MaxBatch);
        Add("ctx_batch_size", 1);
        Add("tkg_batch_size", setup.MaxBatch);
        if (setup.ContextTokens > 0)
        {
            Add("seq_len", setup.ContextTokens);
            Add("max_context_length", setup.ContextTokens);
            if (job.Stack.Buckets(setup.MaxBatch, setup.ContextTokens) is { } buckets)
            {
                string lengths = $"[{string.Join(", ", Lengths(buckets, setup.ContextTokens))}]";
                Add("enable_bucketing", "true");
                Add("context_encoding_buckets", lengths);
                Add("token_generation_buckets", lengths);
            }
        }

        Add("torch_dtype", plan.Precision == NumberFormat.Fp16 ? "float16" : "bfloat16");
        if (WriteFormats(setup, job, writer, Formats) is { Length: > 0 } word)
        {
            Add("quantized", "true");
            Add("quantization_dtype", word);
            Add("quantization_type", plan.Precision == NumberFormat.Fp8 ? "per_tensor_symmetric" : "per_channel_symmetric");
            writer.Remark("quantized_checkpoints_path must name the quantised weights");
        }

        if (plan.KvPrecision == NumberFormat.Fp8)
            Add("kv_cache_quant", "true");
        if (setup.CachesPrefixes)
        {
            Add("is_prefix_caching", "true");
            Add("is_block_kv_layout", "true");
            Add("pa_block_size", setup.BlockTokens);
        }

        void Add(string key, object value) => writer.Add(Prefix + key, Convert.ToString(value, CultureInfo.InvariantCulture)!);
    }

    protected override void Format(string model, LaunchWriter writer, StringBuilder text)
    {
        StringBuilder inside = new();
        List<string> words = [];
        foreach ((string key, string value) in writer.Arguments)
        {
            if (!key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                words.Add(value.Length == 0 ? $"--{key}" : $"--{key} {value}");
                continue;
            }

            bool isPlain = value[0] == '[' || value is "true" or "false" || long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _);
            inside.Append(inside.Length == 0 ? "" : ", ").Append('"').Append(key.AsSpan(Prefix.Length)).Append("\": ").Append(isPlain ? value : $"\"{value}\"");
        }

        words.Add($"--additional-config '{{\"override_neuron_config\": {{{inside}}}}}'");
        FormatCommand($"vllm serve {model}", words, text);
    }

    protected override void Read(LaunchArguments arguments, EngineJob job, EngineDraft draft)
    {
        int? flag = arguments.Integer("tensor-parallel-size");
        int ranks = arguments.Integer(Prefix + "tp_degree") ?? flag ?? 1;
        if (flag is { } other && other != ranks)
            arguments.Contradiction(Prefix + "tp_degree", $"is {ranks.ToString(CultureInfo.InvariantCulture)}, but --tensor-parallel-size {other.ToString(CultureInfo.InvariantCulture)}");
        int data = arguments.Integer(Prefix + "attention_dp_degree") ?? 1;
        if (ranks % data != 0)
            arguments.Contradiction(Prefix + "attention_dp_degree", $"of {data} does not divide the tp_degree of {ranks}");
        draft.StatePlan(EngineEntries.TensorParallel, plan => plan with { TensorParallel = Math.Max(1, ranks / data) });
        draft.StatePlan(EngineEntries.DataParallel, plan => plan with { DataParallel = data });
        draft.StatePlan(EngineEntries.PipelineParallel, plan => plan with { PipelineParallel = arguments.Integer(Prefix + "pp_degree") ?? 1 });
        int? expertTensor = arguments.Integer(Prefix + "moe_tp_degree");
        draft.StatePlan(EngineEntries.ExpertParallel, plan => plan with { ExpertParallel = arguments.Integer(Prefix + "moe_ep_degree") ?? 1 });
        if (expertTensor is { } split && job.HasExperts && split != draft.Setup.Plan.ExpertTensorParallel)
            arguments.Contradiction(Prefix + "moe_tp_degree", $"times moe_ep_degree is not the tp_degree of {ranks}");
        draft.DivideRanks(Prefix + "tp_degree", 1);
        draft.State(EngineEntries.LogicalCore, arguments.Integer(Prefix + "logical_nc_config"), static (setup, value) => setup with { LogicalCore = value });
        int? batch = arguments.Integer(Prefix + "tkg_batch_size") ?? arguments.Integer(Prefix + "batch_size");
        draft.State(EngineEntries.MaxBatch, arguments.Integer("max-num-seqs") ?? batch, static (setup, value) => setup with { MaxBatch = value });
        draft.State(EngineEntries.MaxContext, Tokens(arguments, "max-model-len") ?? arguments.Integer(Prefix + "seq_len"), static (setup, value) => setup with { ContextTokens = value });
        bool isPaged = arguments.Switch(Prefix + "is_block_kv_layout") ?? false;
        int? block = arguments.Integer("block-size");
        int? paged = arguments.Integer(Prefix + "pa_block_size");
        draft.State(EngineEntries.BlockTokens, isPaged ? paged ?? block : block, static (setup, value) => setup with { BlockTokens = value });
        bool? caches = arguments.Switch(Prefix + "is_prefix_caching") ?? arguments.Switch("enable-prefix-caching");
        if (arguments.Has("no-enable-prefix-caching"))
            caches = false;
        if (caches is { } keeps)
            draft.State(EngineEntries.PrefixCache, setup => setup with { CachesPrefixes = keeps });
        bool isQuantised = arguments.Switch(Prefix + "quantized") ?? false;
        string? word = arguments.Text(Prefix + "quantization_dtype");
        string? plain = arguments.Text(Prefix + "torch_dtype") ?? arguments.Text("dtype");
        ReadFormats(arguments, job, draft, Prefix + "quantization_dtype", isQuantised ? word ?? "int8" : null, plain, Formats);
        bool isNarrow = arguments.Switch(Prefix + "kv_cache_quant") ?? false;
        draft.StatePlan(EngineEntries.KvPrecision, plan => plan with { KvPrecision = isNarrow ? NumberFormat.Fp8 : NumberFormat.Bf16 });
        if ((arguments.Integer(Prefix + "ctx_batch_size") ?? 1) > 1)
            arguments.Nearest(Prefix + "ctx_batch_size", "works on several prompts at once; one an iteration is taken here");
        if (arguments.Switch("enable-chunked-prefill") == true)
            arguments.Nearest("enable-chunked-prefill", "cuts prompts; they run whole here");
        draft.State(EngineEntries.Batching, static setup => setup with { Batching = OneByOne });
        ReportBuckets(arguments, job, draft);
        foreach (string key in (ReadOnlySpan<string>)["no-enable-chunked-prefill", Prefix + "is_continuous_batching", Prefix + "max_context_length", Prefix + "enable_bucketing", Prefix + "quantization_type", Prefix + "batch_size", Prefix + "seq_len", Prefix + "pa_block_size"])
            arguments.Has(key);
    }

    /// <summary>Buckets that double from the stack's shortest are what is predicted; others are said.</summary>
    private static void ReportBuckets(LaunchArguments arguments, EngineJob job, EngineDraft draft)
    {
        int context = draft.Setup.ContextTokens;
        CompiledBuckets? buckets = context > 0 ? job.Stack.Buckets(draft.Setup.MaxBatch, context) : null;
        foreach (string key in (ReadOnlySpan<string>)[Prefix + "context_encoding_buckets", Prefix + "token_generation_buckets"])
        {
            string[] given = arguments.Words(key);
            if (given.Length > 0 && buckets is { } known && !given.SequenceEqual(Lengths(known, context).Select(static one => one.ToString(CultureInfo.InvariantCulture))))
                arguments.Nearest(key, "differs from lengths that double up to the longest, which are predicted");
        }
    }

    /// <summary>Compiled lengths from the shortest to the longest.</summary>
    private static List<int> Lengths(CompiledBuckets buckets, int longest)
    {
        List<int> lengths = [];
        int next = 0;
        while (next < longest)
        {
            next = buckets.Length(next + 1);
            lengths.Add(next);
        }

        return lengths;
    }

    private static string OneByOne { get; } = new OnePromptFirst().Name;
}
