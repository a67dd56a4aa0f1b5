using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Interchange.Launch;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Tests.Launch;

/// <summary>Setups of every kind a person may have, from a seed; each with the job it is for.</summary>
internal static class RandomEngines
{
    private static readonly Lazy<DataCatalog> Data = new(static () => DataCatalog.Open(RepositoryData.PathOf("")));
    private static readonly Lazy<ServingCatalog> Stacks = new(static () => new ServingCatalog(RepositoryData.PathOf("")));

    private static readonly NumberFormat[] Formats =
    [
        NumberFormat.Bf16, NumberFormat.Fp16, NumberFormat.Fp8, NumberFormat.Fp8Block, NumberFormat.Mxfp8, NumberFormat.Mxfp4, NumberFormat.Nvfp4,
        NumberFormat.Int8WeightOnly, NumberFormat.Int4WeightOnly,
    ];

    /// <summary>A setup for <paramref name="framework"/>; its chips are those of its architecture.</summary>
    public static (EngineSetup Setup, EngineJob Job) Of(EngineFramework framework, ulong seed)
    {
        RandomStream random = RandomStream.Create(seed, "engines", 0);
        int Pick(params ReadOnlySpan<int> from) => from[random.NextInt(from.Length)];
        bool isNeuron = framework.Name == "nxdi";
        string[] models = ["llama-3.1-8b", "llama-3.1-70b", "mixtral-8x7b", "gpt-oss-120b", "deepseek-v3"];
        ModelArchitecture model = ModelLoader.Load(models[random.NextInt(models.Length)], RepositoryData.PathOf("")).Value!;
        SystemDescription system = Data.Value.System(isNeuron ? "trn2.48xlarge" : "gb200-nvl72").Value!;
        int? lnc = isNeuron && Pick(0, 1) == 1 ? Pick(1, 2) : null;
        EngineJob job = new(model, system, Stacks.Value.Stack(framework.Stack).Value!, 0, lnc);
        bool hasExperts = job.HasExperts;
        int tensor = Pick(1, 2, 4, 8);
        int data = Pick(1, 1, 1, 2, 4, 8);
        int stages = Pick(1, 1, 1, 2, 4);
        int expert = hasExperts ? Pick(1, tensor, tensor * data, Math.Max(1, tensor * data / 2)) : 1;
        NumberFormat precision = Pick(0, 1) == 0 ? model.Checkpoint.Linear : Formats[random.NextInt(Formats.Length)];
        ServingPlan plan = new()
        {
            TensorParallel = tensor,
            DataParallel = data,
            PipelineParallel = stages,
            ExpertParallel = expert,
            Replicas = Pick(1, 1, 2, 3, 8),
            Precision = precision,
            ExpertPrecision = Pick(0, 0, 1) == 0 ? (precision == model.Checkpoint.Linear ? model.Checkpoint.Experts : precision) : Formats[random.NextInt(Formats.Length)],
            KvPrecision = Pick(0, 1) == 0 ? NumberFormat.Bf16 : NumberFormat.Fp8,
        };
        int ranks = plan.Replicas * plan.RanksPerReplica;
        int idle = Pick(0, 0, 0, 0, 1) * job.RanksPerChip;
        int chips = ((ranks + job.RanksPerChip - 1) / job.RanksPerChip) + idle;
        return (new EngineSetup
        {
            Plan = plan,
            MaxBatch = Pick(1, 7, 64, 256, 1024),
            TokenBudget = Pick(512, 2048, 8192, 10_000),
            ContextTokens = Pick(model.MaxPositions, 4096, 131_072),
            Batching = BatchingPolicies.Names[random.NextInt(BatchingPolicies.Names.Length)],
            Router = Routers.All[random.NextInt(Routers.All.Length)].Name,
            BlockTokens = Pick(1, 16, 32, 64, 100),
            MemoryShare = Pick(80, 90, 92, 95) / 100.0,
            CachesPrefixes = Pick(0, 1) == 1,
            LogicalCore = job.Joined,
        }, job with { Chips = chips });
    }
}
