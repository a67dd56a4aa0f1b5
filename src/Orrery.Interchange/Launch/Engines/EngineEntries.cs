using System.Collections.Immutable;
using System.Globalization;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>
/// The choices of an engine's setup that a framework may be told, each by the key it has in JSON, with its value as text. Setups are compared after
/// <see cref="Canonical"/>: experts of a network without any, or the router of one engine, make no difference.
/// </summary>
public static class EngineEntries
{
    public const string TensorParallel = "tp";
    public const string PipelineParallel = "pp";
    public const string DataParallel = "dp";
    public const string ExpertParallel = "ep";
    public const string Replicas = "replicas";
    public const string Precision = "precision";
    public const string ExpertPrecision = "expertPrecision";
    public const string KvPrecision = "kvPrecision";
    public const string MaxBatch = "maxBatch";
    public const string Chunk = "chunk";
    public const string MaxContext = "maxContext";
    public const string Batching = "batching";
    public const string Router = "router";
    public const string BlockTokens = "blockTokens";
    public const string MemoryShare = "memoryShare";
    public const string PrefixCache = "prefixCache";
    public const string LogicalCore = "lnc";

    /// <summary>What is said of <see cref="EngineSetup.Unstated"/>; no entry of its own.</summary>
    public const string Engine = "engine";

    /// <summary>Every key, in the order reports list them.</summary>
    public static ImmutableArray<string> All { get; } =
    [
        TensorParallel, PipelineParallel, DataParallel, ExpertParallel, Replicas, Precision, ExpertPrecision, KvPrecision, MaxBatch, Chunk, MaxContext,
        Batching, Router, BlockTokens, MemoryShare, PrefixCache, LogicalCore,
    ];

    /// <summary>What engines that compile no shapes can all be told.</summary>
    public static ImmutableArray<string> OfPagedEngines { get; } =
    [
        TensorParallel, PipelineParallel, DataParallel, ExpertParallel, Replicas, Precision, ExpertPrecision, KvPrecision, MaxBatch, Chunk,
        MaxContext, BlockTokens, MemoryShare, PrefixCache, Router, Batching,
    ];

    /// <summary>The setup with every choice that has no effect at its default.</summary>
    public static EngineSetup Canonical(EngineSetup setup, EngineJob job)
    {
        ServingPlan plan = setup.Plan;
        return setup with
        {
            Plan = job.HasExperts ? plan : plan with { ExpertParallel = 1, ExpertPrecision = NumberFormat.Bf16 },
            Router = plan.Replicas > 1 ? setup.Router : Routers.All[0].Name,
        };
    }

    /// <summary>The entry of a setup, made <see cref="Canonical"/> before, as text.</summary>
    public static string Text(EngineSetup setup, string entry) => entry switch
    {
        TensorParallel => Number(setup.Plan.TensorParallel),
        PipelineParallel => Number(setup.Plan.PipelineParallel),
        DataParallel => Number(setup.Plan.DataParallel),
        ExpertParallel => Number(setup.Plan.ExpertParallel),
        Replicas => Number(setup.Plan.Replicas),
        Precision => setup.Plan.Precision.Text(),
        ExpertPrecision => setup.Plan.ExpertPrecision.Text(),
        KvPrecision => setup.Plan.KvPrecision.Text(),
        MaxBatch => Number(setup.MaxBatch),
        Chunk => Number(setup.TokenBudget),
        MaxContext => Number(setup.ContextTokens),
        Batching => setup.Batching,
        Router => setup.Router,
        BlockTokens => Number(setup.BlockTokens),
        MemoryShare => setup.MemoryShare.ToString("0.###", CultureInfo.InvariantCulture),
        PrefixCache => setup.CachesPrefixes ? "on" : "off",
        LogicalCore => setup.LogicalCore is { } joined ? Number(joined) : "none",
        _ => throw new ArgumentOutOfRangeException(nameof(entry), entry, "no such entry of a setup"),
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
