using Orrery.Catalog;
using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// What a person asks: a model, a machine, requests, and as much of the plan and of the engine as they care to fix. A null degree is chosen; a null
/// option is the stack's own.
/// </summary>
public sealed record ServingRequest
{
    public required ModelArchitecture Model { get; init; }

    public required SystemDescription System { get; init; }

    public required ServingStack Stack { get; init; }

    public required int Chips { get; init; }

    public required ServingWorkload Workload { get; init; }

    /// <summary>Degrees that are left out, and the batch, are those that do best (<see cref="LayoutSearch"/>), not the usual ones.</summary>
    public bool SeeksBestLayout { get; init; }

    /// <summary>Logical-core setting of Neuron chips; null is the chip's default.</summary>
    public int? Lnc { get; init; }

    public int? TensorParallel { get; init; }

    public int? PipelineParallel { get; init; }

    /// <summary>Attention data parallelism inside a replica.</summary>
    public int? DataParallel { get; init; }

    public int? ExpertParallel { get; init; }

    public int? Replicas { get; init; }

    /// <summary>Format of products; null is that of the published weights.</summary>
    public NumberFormat? Precision { get; init; }

    /// <summary>Format of the products of experts; null is <see cref="Precision"/>, else that of the published weights.</summary>
    public NumberFormat? ExpertPrecision { get; init; }

    public NumberFormat KvPrecision { get; init; } = NumberFormat.Bf16;

    public int? MaxBatch { get; init; }

    /// <summary>Most tokens of an iteration.</summary>
    public int? TokenBudget { get; init; }

    /// <summary><see cref="ExpertChoice.Skew"/>; null is the stack's.</summary>
    public double? ExpertSkew { get; init; }

    /// <summary>How often the experts of the busiest rank are chosen over the mean, at least 1; null is the stack's.</summary>
    public double? ExpertImbalance { get; init; }

    /// <summary>Longest prompt and answer together; null is the model's.</summary>
    public int? ContextTokens { get; init; }

    /// <summary>Blocks of prompts are kept for requests that begin with the same text, where the trace tells which do.</summary>
    public bool CachesPrefixes { get; init; } = true;

    public BatchingPolicy? Batching { get; init; }

    public Router? Router { get; init; }

    /// <summary>Sequences that lose their blocks are swapped out (true) or worked on again; null is the stack's.</summary>
    public bool? Swaps { get; init; }

    /// <summary>Host memory of one chip for blocks; null is the stack's.</summary>
    public Bytes? HostCache { get; init; }

    /// <summary>Waiting that makes up for one class of priority, 0 where classes are strict; null is the stack's.</summary>
    public Seconds? Ageing { get; init; }

    /// <summary>Tokens are proposed and verified; null where they are made one by one.</summary>
    public Speculation? Speculation { get; init; }

    public ServiceLevel? ServiceLevel { get; init; }

    /// <summary>
    /// Pools for prompts and for answers; null where every engine works on both. The other figures of the request are then those of the pool of answers, with
    /// the chips of both.
    /// </summary>
    public PoolPair? Pools { get; init; }

    /// <summary>
    /// The best split of the chips into pools is asked for, and this is the request without them: <see cref="Pools"/> says what each is to be but for its
    /// chips. Null where the split is given or there is none.
    /// </summary>
    public ServingRequest? Undivided { get; init; }

    /// <summary>The chips are a part of what is rented: only the whole has to be had in units of the system.</summary>
    public bool IsPart { get; init; }

    /// <summary>Overrides the catalogue's price of one chip-hour.</summary>
    public double? UsdPerChipHour { get; init; }

    /// <summary>The engines begin cold: the first iteration pays for it. A service that runs is warm.</summary>
    public bool IsCold { get; init; }

    /// <summary>What the first iteration waits for beside that: the start of an engine with compiled shapes.</summary>
    public ColdBegin Begin { get; init; }

    /// <summary>Constants in place of the stack's, for a fit; null is the stack's.</summary>
    public ServingConstants? Constants { get; init; }

    /// <summary>Iterations are run one by one (<see cref="EngineOptions.StepsSingly"/>).</summary>
    public bool StepsSingly { get; init; }
}
