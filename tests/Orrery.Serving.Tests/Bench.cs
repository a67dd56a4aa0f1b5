using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Chips;
using Orrery.Engine;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Serving;
using Orrery.Units;

namespace Orrery.Serving.Tests;

/// <summary>A small model on a roofline chip, and engines of it whose caches tests make as tight as they like.</summary>
internal static class Bench
{
    public const double Peak = 100e12;
    public const double Memory = 1e12;

    public static ModelArchitecture Model(int layers = 4, int hidden = 1024, int heads = 8, int kvHeads = 8, int window = 0)
    {
        var layer = new LayerDescription(
            new AttentionDescription(AttentionKind.Grouped, heads, kvHeads, hidden / heads, window, false, false, QkNormKind.None, true),
            new FeedForwardDescription(4 * hidden, true, false, 0, 0, 0, 0),
            2,
            false);
        return new ModelArchitecture
        {
            Name = "test-model",
            ModelType = "llama",
            Hidden = hidden,
            LayerKinds = [layer],
            LayerOrder = ImmutableArray.CreateRange(new byte[layers]),
            Vocabulary = 32000,
            MaxPositions = 131072,
        };
    }

    public static ServingStack Stack(bool overlapsHost = true) => new()
    {
        Id = "test",
        Name = "test",
        Covers = ["test"],
        Architectures = [ChipArchitecture.Gpu],
        OverlapsHost = overlapsHost,
        Batching = "mixed",
        TokenBudget = 512,
        MaxBatch = 64,
        BlockTokens = 16,
        ReservesOutput = false,
        Watermark = 0.01,
        MemoryShare = 0.9,
        Workspace = new Bytes(1e9),
        KernelsPerDenseLayer = 3,
        KernelsPerExpertLayer = 6,
        UnfittedSigma = 0.1,
    };

    /// <summary>Launch share, small kernel, host, host a sequence, prefill scale, device scale, first-token delay, host a prefill layer, cold start, host a layer, attention of caches and of prompts, collectives of later passes.</summary>
    public static ServingConstants Constants(double host = 0, double scale = 1) => new([0, 0, host, 0, 1, scale, 0, 0, 0.5, 0, 1, 1, 1]);

    /// <param name="proposed">Tokens that a model of one layer proposes in an iteration.</param>
    public static OperatorTimes Times(ModelArchitecture? model = null, ServingPlan? plan = null, int proposed = 0)
    {
        plan ??= new ServingPlan { TensorParallel = 1, Replicas = 1 };
        RankGroup one = RankGroup.Single(2);
        PlacedGroups groups = new(one, one, one, one, one, one, one, one, one, [], one, one, one, one);
        return new OperatorTimes(model ?? Model(), new RooflineChip(Chip()), new ReplicaCollectives(new FreeFabric(), [], plan, groups, one), plan)
        {
            Queries = proposed + 1,
            Draft = proposed > 0 ? Times(Model(layers: 1), plan) : null,
        };
    }

    public static IterationCost Cost(ServingConstants? constants = null, ServingStack? stack = null, CompiledBuckets? buckets = null, int proposed = 0) =>
        new(Times(proposed: proposed), stack ?? Stack(), constants ?? Constants(), buckets);

    /// <summary>An engine whose cache holds <paramref name="cacheTokens"/> tokens.</summary>
    public static EngineOptions Options(int cacheTokens = 1 << 20, string batching = "mixed", bool reserves = false, bool stepsSingly = false, int budget = 512, int batch = 64)
    {
        var layout = new KvLayout(Model(), new ServingPlan { TensorParallel = 1, Replicas = 1 });
        return new EngineOptions
        {
            Batching = BatchingPolicies.Find(batching),
            TokenBudget = budget,
            MaxBatch = batch,
            BlockTokens = 16,
            CacheBytes = layout.BlockBytes(16) * (cacheTokens / 16),
            Layout = layout,
            ReservesOutput = reserves,
            Watermark = reserves ? 0 : 0.01,
            StepsSingly = stepsSingly,
            ChecksInvariants = true,
        };
    }

    /// <summary>Runs a trace through engines of the same options and returns the book and the engines.</summary>
    public static (RequestBook Book, Replica[] Engines) Run(RequestTrace trace, EngineOptions options, int engines = 1, Router? router = null, int clients = 0, IterationCost? cost = null)
    {
        ClosedLoop? loop = clients > 0 ? new ClosedLoop(clients, trace.Count, engines, 3_000_000_000) : null;
        RequestBook book = new(trace, loop is not null);
        cost ??= Cost(proposed: options.Speculation.Tokens);
        Replica[] replicas = [.. Enumerable.Range(0, engines).Select(number => new Replica(number, book, cost, options, loop))];
        if (loop is null)
            ServingSimulation.Run(book, replicas, router ?? new RoundRobin());
        else
            ServingSimulation.Run(replicas, loop);
        return (book, replicas);
    }

    public static RequestTrace Random(ulong seed, int count = 200, double rate = 100, int input = 300, int output = 100) =>
        SyntheticTrace.Create(new PoissonArrivals(), rate, count, new LengthRange(input, 0.02), new LengthRange(output, 0.02), seed);

    /// <summary>The same requests in classes of priority, drawn evenly; prompts in families that begin alike, in blocks of 32 tokens.</summary>
    public static RequestTrace Varied(RequestTrace trace, ulong seed, int classes, int families)
    {
        RandomStream random = RandomStream.Create(seed, "varied");
        RequestTraceBuilder builder = new(families > 0 ? 32 : 0);
        byte[] priorities = new byte[trace.Count];
        for (int request = 0; request < trace.Count; request++)
        {
            int family = families > 0 ? random.NextInt(families) : 0;
            int alike = random.NextInt(8);
            int[] hashes = families > 0 ? new int[trace.Inputs[request] / 32] : [];
            for (int block = 0; block < hashes.Length; block++)
                hashes[block] = block < alike ? (1_000_000 * (family + 1)) + block : (100 * request) + block;
            builder.Add(trace.Arrivals[request], trace.Inputs[request], trace.Outputs[request], hashes);
            priorities[request] = (byte)random.NextInt(classes);
        }

        return builder.ToTrace().WithPriorities(priorities);
    }

    public static string DataRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Directory.Exists(Path.Combine(at.FullName, "data", "serving")))
                return Path.Combine(at.FullName, "data");
        }

        throw new DirectoryNotFoundException("data");
    }

    private static Sourced<T> Fixed<T>(T value) => new("test", [new Reading<T>("test", value, Mark.Assumed, "test", "2026-01", "")], 0);

    private static ChipDescription Chip() => new()
    {
        Id = "test-chip",
        Name = "test chip",
        Vendor = "nobody",
        Architecture = ChipArchitecture.Gpu,
        Family = "test",
        Peak = ImmutableSortedDictionary<NumberFormat, Sourced<FlopPerSecond>>.Empty.Add(NumberFormat.Bf16, Fixed(new FlopPerSecond(Peak))),
        MemoryCapacity = Fixed(new Bytes(80e9)),
        MemoryBandwidth = Fixed(new BytesPerSecond(Memory)),
        OnChipMemory = Fixed(new Bytes(40e6)),
        Cores = 100,
        RanksPerChip = 1,
        Clock = Fixed(new Hertz(1e9)),
        Power = Fixed(new Watts(500)),
        IdlePowerFraction = Fixed(0.2),
        RuntimeReserve = Fixed(new Bytes(1e9)),
    };

    /// <summary>The longer of arithmetic at the peak and bytes at the bandwidth.</summary>
    private sealed class RooflineChip(ChipDescription chip) : ChipModel(chip, 1)
    {
        public override OperatorCost Cost(in Operator work)
        {
            double bytes = work.Kind switch
            {
                OperatorKind.Matmul => 2.0 * work.Groups * ((work.M * work.K) + (work.K * work.N) + (work.M * work.N)),
                OperatorKind.AttentionDecode => 4.0 * work.Batch * work.KeyLength * work.KvHeads * work.HeadDim,
                _ => work.MemoryBytes,
            };
            double matrix = work.FlopCount / Peak;
            return new OperatorCost(new Seconds(3e-6), new Seconds(Math.Max(matrix, bytes / Memory)), new Seconds(matrix), default, new Bytes(bytes), new Flop(work.FlopCount));
        }

        public override double Sigma(in Operator work) => 0.1;

        public override string Provenance(in Operator work) => "test";
    }

    private sealed class FreeFabric : CollectiveModel
    {
        public override CollectiveCost Cost(in Collective collective, RankGroup group) => default;

        public override double Sigma(in Collective collective, RankGroup group) => 0.1;
    }
}
