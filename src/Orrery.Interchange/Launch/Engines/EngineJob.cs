using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Interchange.Launch;

/// <summary>What engine arguments need to know of a serving job beside its setup.</summary>
/// <param name="Stack">Engine whose defaults hold where the arguments say nothing.</param>
/// <param name="Chips">0 where only the arguments can tell.</param>
/// <param name="LogicalCore">NeuronCores a logical core joins; null is the chip's default.</param>
public sealed record EngineJob(ModelArchitecture Model, SystemDescription System, ServingStack Stack, int Chips, int? LogicalCore)
{
    public int RanksPerChip => LogicalCore is { } joined ? System.Chip.RanksAt(joined, out _) ?? System.Chip.RanksPerChip : System.Chip.RanksPerChip;

    /// <summary>Ranks of the whole job; 0 where only the arguments can tell.</summary>
    public int Ranks => Chips * RanksPerChip;

    /// <summary>True where some layer routes to experts; without any, EP says nothing.</summary>
    public bool HasExperts => Model.HasExperts;

    /// <summary>Bytes of the memory of one rank.</summary>
    public double RankMemory => System.Chip.MemoryCapacity.Value.Value / RanksPerChip;

    /// <summary>The logical-core setting in force; null where the chip has none.</summary>
    public int? Joined
    {
        get
        {
            foreach ((int joined, int ranks) in System.Chip.RanksByLnc)
            {
                if (LogicalCore is null ? ranks == System.Chip.RanksPerChip : joined == LogicalCore)
                    return joined;
            }

            return null;
        }
    }

    /// <summary>The stack's own setup of one rank: what holds where nobody says anything.</summary>
    public EngineSetup Usual => new()
    {
        Plan = new ServingPlan { TensorParallel = 1, Replicas = 1, Precision = Model.Checkpoint.Linear, ExpertPrecision = HasExperts ? Model.Checkpoint.Experts : Model.Checkpoint.Linear },
        MaxBatch = Stack.MaxBatch,
        TokenBudget = Stack.TokenBudget,
        ContextTokens = Model.MaxPositions,
        Batching = Stack.Batching,
        Router = Routers.All[0].Name,
        BlockTokens = Stack.BlockTokens,
        MemoryShare = Stack.MemoryShare,
        CachesPrefixes = true,
        LogicalCore = Joined,
    };

    /// <summary>True where the published weights are plain 16-bit numbers, which an engine can convert as it loads them.</summary>
    public bool IsPublishedPlain => Model.Checkpoint.Linear is NumberFormat.Bf16 or NumberFormat.Fp16 && (!HasExperts || Model.Checkpoint.Experts is NumberFormat.Bf16 or NumberFormat.Fp16);

    /// <summary>Memory of one rank under a setup.</summary>
    public ServingMemory MemoryOf(EngineSetup setup) =>
        ServingMemory.Of(Model, setup.Plan, Stack with { MemoryShare = setup.MemoryShare }, System.Chip, RanksPerChip);
}
