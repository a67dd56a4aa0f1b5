using Orrery.Fabric;

namespace Orrery.Serving;

/// <summary>Two pools whose open questions are answered, and the way between them.</summary>
/// <param name="Prompts">The pool of prompts.</param>
/// <param name="Answers">The pool of answers.</param>
/// <param name="Path">Between the pools.</param>
/// <param name="Rules">How requests go through them.</param>
public sealed record PreparedPools(PreparedJob Prompts, PreparedJob Answers, TransferPath Path, PoolRules Rules)
{
    /// <summary>Standard deviation of the logarithm of an iteration's time in each pool.</summary>
    public required double PromptSigma { get; init; }

    /// <inheritdoc cref="PromptSigma"/>
    public required double AnswerSigma { get; init; }

    /// <summary>Factor on the time of every iteration of prompts, to ask what one pool alone being slower does.</summary>
    public double PromptFactor { get; init; } = 1;

    /// <summary>The same of answers.</summary>
    public double AnswerFactor { get; init; } = 1;

    /// <summary>The larger of the two, which an interval of the whole is made of.</summary>
    public double Sigma => Math.Max(PromptSigma, AnswerSigma);

    /// <summary>Bytes a second that all ports of one request's ranks of prompts carry.</summary>
    public double SendRate => Path.From.Rate.Value / Prompts.RanksPerChip * RanksOf(Prompts.Plan);

    /// <summary>The same of its ranks of answers.</summary>
    public double ReceiveRate => Path.To.Rate.Value / Answers.RanksPerChip * RanksOf(Answers.Plan);

    /// <summary>Bytes of a prompt of so many tokens on their way.</summary>
    public long BytesOf(int tokens) => CargoOf().Bytes(tokens);

    /// <summary>
    /// Runs a workload through both; <paramref name="scale"/> on the iterations of the less certain pool, and less on the other's by as much as it is more
    /// certain.
    /// </summary>
    public ServingRun Run(ServingRequest whole, double scale, RequestBook? reused)
    {
        ServingWorkload workload = whole.Workload;
        (IterationCost promptCost, EngineOptions promptOptions) = EngineOf(Prompts, whole, PromptFactor * ScaleOf(scale, PromptSigma));
        (IterationCost answerCost, EngineOptions answerOptions) = EngineOf(Answers, whole, AnswerFactor * ScaleOf(scale, AnswerSigma));
        promptOptions = promptOptions with { Role = EngineRole.Prompts, AnswersBegin = Rules.AnswersBegin };
        // Prefixes are looked for where prompts are worked on.
        answerOptions = answerOptions with { Role = EngineRole.Answers, AnswersBegin = Rules.AnswersBegin, CachesPrefixes = false };
        bool waits = workload.Clients > 0 || workload.Trace.Conversations is not null;
        RequestBook book = reused ?? new(workload.Trace, waits);
        reused?.Clear(waits);
        KvLink link = new(
            Prompts.Plan.Replicas * Rules.PromptGroups, SendRate, Answers.Plan.Replicas * Rules.AnswerGroups, ReceiveRate, Path.Latency.Value);
        PoolSimulation simulation = new(
            book,
            Prompts.Plan.Replicas * Rules.PromptLanes, (number, flow) => new Replica(number, book, promptCost, promptOptions, flow),
            Answers.Plan.Replicas * Rules.AnswerLanes, (number, flow) => new Replica(number, book, answerCost, answerOptions, flow),
            link, CargoOf(), Rules, workload.Clients, (long)(workload.ClientDelay * RequestTrace.TicksPerSecond));
        simulation.Run();
        return new ServingRun(book, simulation.Answers.ToArray(), answerCost, answerOptions.CacheBytes)
        {
            RanksPerEngine = Answers.Plan.TensorParallel * Answers.Plan.PipelineParallel,
            Pools = new PoolRun(
                new ServingRun(book, simulation.Prompts.ToArray(), promptCost, promptOptions.CacheBytes) { RanksPerEngine = Prompts.Plan.TensorParallel * Prompts.Plan.PipelineParallel },
                link, simulation.Times),
        };
    }

    private double ScaleOf(double scale, double sigma) => scale == 1 || Sigma == 0 ? scale : Math.Pow(scale, sigma / Sigma);

    private static (IterationCost Cost, EngineOptions Options) EngineOf(PreparedJob pool, ServingRequest whole, double scale) =>
        ServingRun.EngineOf(pool.Request with { StepsSingly = whole.StepsSingly, IsCold = whole.IsCold }, pool.Plan, pool.Memory, pool.Times, pool.Constants, scale);

    private KvCargo CargoOf() => new(
        new KvLayout(Answers.Request.Model, Answers.Plan), Answers.Request.Stack.BlockTokens, RanksOf(Answers.Plan), Answers.Request.Model.Layers);

    /// <summary>Ranks of a replica that keep one request: those of one attention group, all stages.</summary>
    private static int RanksOf(ServingPlan plan) => plan.TensorParallel * plan.PipelineParallel;
}
