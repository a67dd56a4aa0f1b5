namespace Orrery.Serving;

/// <summary>One run of all requests through all engines, and what is summed over it.</summary>
public sealed class ServingRun
{
    internal ServingRun(RequestBook book, Replica[] engines, IterationCost cost, long cacheBytes)
    {
        Book = book;
        Engines = engines;
        Cost = cost;
        CacheBytes = cacheBytes;
        long last = 0;
        for (int request = 0; request < book.Count; request++)
        {
            if (book.Finishes[request] == RequestBook.Never)
                continue;
            last = Math.Max(last, book.Finishes[request]);
            InputTokens += book.Trace.Inputs[request];
            OutputTokens += book.Trace.Outputs[request];
        }

        Duration = Math.Max(last, 1) / RequestTrace.TicksPerSecond;
    }

    public RequestBook Book { get; }

    /// <summary>Engines; a pipeline of p stages has p of them for each replica.</summary>
    public Replica[] Engines { get; }

    public IterationCost Cost { get; }

    /// <summary>Ranks whose memory one engine's bytes are counted for: each holds as much.</summary>
    public int RanksPerEngine { get; init; } = 1;

    /// <summary>Cache of one engine on one rank.</summary>
    public long CacheBytes { get; }

    /// <summary>From the first arrival to the last token, in seconds.</summary>
    public double Duration { get; }

    /// <summary>Prompt tokens of requests that ended.</summary>
    public long InputTokens { get; }

    /// <summary>Generated tokens of requests that ended.</summary>
    public long OutputTokens { get; }

    /// <summary>Where prompts have a pool of their own; the engines are then those of answers.</summary>
    public PoolRun? Pools { get; init; }

    /// <summary>Sequences that decode in a mean iteration.</summary>
    public double MeanDecoding
    {
        get
        {
            double tokens = 0;
            double iterations = 0;
            foreach (Replica engine in Engines)
            {
                tokens += engine.Statistics.GeneratedTokens;
                iterations += engine.Statistics.DecodeIterations;
            }

            return iterations > 0 ? tokens / iterations / Cost.TokensPerIteration : 1;
        }
    }

    /// <summary>Tokens of a mean context.</summary>
    public double MeanContext => Book.Finished > 0 ? (InputTokens + (OutputTokens / 2.0)) / Book.Finished : 1;

    /// <summary>Longest prompt and answer that engines are laid out for: what the request says; where answers have graphs of that length alone, what its requests have; else the model's.</summary>
    public static int LongestOf(ServingRequest request)
    {
        if (request.ContextTokens is { } said)
            return said;
        if (request.Stack.DecodesAtLongest)
        {
            RequestTrace trace = request.Workload.Trace;
            int most = 1;
            for (int one = 0; one < trace.Count; one++)
                most = Math.Max(most, trace.Inputs[one] + trace.Outputs[one]);
            return most;
        }

        return request.Model.MaxPositions > 0 ? request.Model.MaxPositions : int.MaxValue / 2;
    }

    private static double StartOf(ServingRequest request, ServingPlan plan, ServingMemory memory) =>
        request.Begin == ColdBegin.Nothing || ServingStart.Of(request, plan, memory) is not { } start ? 0
        : start.Load.Value + (request.Begin == ColdBegin.Compile ? start.Compile.Value : 0);

    /// <summary>What the engines of a plan are alike: the cost of an iteration, and how they schedule.</summary>
    internal static (IterationCost Cost, EngineOptions Options) EngineOf(
        ServingRequest request, ServingPlan plan, ServingMemory memory, OperatorTimes times, ServingConstants constants, double scale)
    {
        ServingStack stack = request.Stack;
        int longest = LongestOf(request);
        // A pipeline works on as many batches at once as it has stages, each behind the other: so many engines that share the ranks' memory.
        int lanes = plan.PipelineParallel;
        int batch = Math.Min(request.MaxBatch ?? stack.MaxBatch, 1 << 16);
        int laneBatch = Math.Max(1, batch / lanes);
        // Ranks that attend for different sequences add their caches up.
        long cache = (long)(memory.Cache.Value * plan.DataParallel / lanes);
        HostMemory host = HostMemory.Of(request);
        IterationCost cost = new(times, stack, constants, stack.Buckets(laneBatch, longest)) { Scale = scale, TokensPerIteration = request.Speculation?.TokensPerIteration ?? 1 };
        return (cost, new EngineOptions
        {
            Batching = request.Batching ?? BatchingPolicies.Find(stack.Batching),
            TokenBudget = Math.Max(request.TokenBudget ?? stack.TokenBudget, (laneBatch * cost.Queries) + 1),
            AttentionRanks = plan.DataParallel,
            Pace = stack.Pace,
            MaxBatch = laneBatch,
            BlockTokens = stack.BlockTokens,
            CacheBytes = cache,
            Layout = new KvLayout(request.Model, plan, request.Speculation),
            ReservesOutput = stack.ReservesOutput,
            Watermark = stack.Watermark,
            CachesPrefixes = request.CachesPrefixes,
            Speculation = request.Speculation is { } speculation ? new AcceptedTokens(speculation.Tokens, speculation.Acceptance, speculation.Seed) : default,
            Swaps = host.Swaps,
            HostKeepsPrompts = host.KeepsPrompts,
            HostBytes = host.BytesOf(request, plan),
            HostRate = host.RateOf(request, plan),
            Ageing = (long)((request.Ageing ?? stack.Defaults.Ageing).Value * RequestTrace.TicksPerSecond),
            ColdStart = (long)(((request.IsCold ? constants[ServingConstant.ColdStart] : 0) + StartOf(request, plan, memory)) * RequestTrace.TicksPerSecond),
            StepsSingly = request.StepsSingly,
        });
    }

    /// <summary>Runs the request's workload; <paramref name="scale"/> on the time of every iteration.</summary>
    /// <param name="reused">A book of the same requests to write over; null makes one.</param>
    public static ServingRun Of(ServingRequest request, ServingPlan plan, ServingMemory memory, OperatorTimes times, ServingConstants constants, double scale, RequestBook? reused = null)
    {
        (IterationCost cost, EngineOptions options) = EngineOf(request, plan, memory, times, constants, scale);
        ServingWorkload workload = request.Workload;
        int engines = plan.Replicas * plan.PipelineParallel;
        long delay = (long)(workload.ClientDelay * RequestTrace.TicksPerSecond);
        ConversationFlow? conversations = workload.Trace.Conversations is null ? null : new ConversationFlow(workload.Trace, workload.Clients, delay);
        ClosedLoop? clients = conversations is null && workload.Clients > 0
            ? new ClosedLoop(workload.Clients, workload.Trace.Count, engines, delay)
            : null;
        bool waits = clients is not null || conversations is not null;
        RequestBook book = reused ?? new(workload.Trace, waits);
        reused?.Clear(waits);
        Replica[] replicas = new Replica[engines];
        for (int engine = 0; engine < engines; engine++)
            replicas[engine] = new Replica(engine, book, cost, options, (RequestFlow?)conversations ?? clients);
        if (conversations is not null)
            conversations.Run(replicas, request.Router ?? Routers.All[0]);
        else if (clients is null)
            ServingSimulation.Run(book, replicas, request.Router ?? Routers.All[0]);
        else
            ServingSimulation.Run(replicas, clients);
        return new ServingRun(book, replicas, cost, options.CacheBytes) { RanksPerEngine = plan.TensorParallel * plan.PipelineParallel };
    }
}
