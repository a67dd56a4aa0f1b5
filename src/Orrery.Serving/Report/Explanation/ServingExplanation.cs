using System.Collections.Immutable;
using Orrery.Accounting;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Where the figures of a serving report come from: the stack's, its constants, two iterations taken apart, memory, power.</summary>
public sealed record ServingExplanation
{
    public required ServingReport Report { get; init; }

    /// <summary>Word of the class of models whose constants hold.</summary>
    public required string ModelClass { get; init; }

    public required ImmutableArray<Sourced<string>> StackFigures { get; init; }

    public required ImmutableArray<ConstantReading> Constants { get; init; }

    /// <summary>What its engines work on.</summary>
    public required EngineRole Role { get; init; }

    /// <summary>An iteration in which the mean batch generates; null for a pool of prompts.</summary>
    public required ExplainedIteration? Decode { get; init; }

    /// <summary>An iteration that works on one mean prompt, beside the mean batch where the policy mixes; null for a pool of answers.</summary>
    public required ExplainedIteration? Prompt { get; init; }

    /// <summary>Bytes a second that one rank's memory is rated at.</summary>
    public required double MemoryBandwidth { get; init; }

    /// <summary>Bytes of the cache that one token takes on one rank, in layers that keep everything.</summary>
    public required double CacheBytesPerToken { get; init; }

    /// <summary>How busy a chip was, mean over the run.</summary>
    public required ChipActivity Activity { get; init; }

    /// <summary>What activity adds to a chip's power; null where the data have no shares.</summary>
    public required ActivityPower? PowerShares { get; init; }

    /// <summary>Explains a report; runs its question once more for the mean batch. Pools of prompts and of answers are explained one by one, prompts first.</summary>
    public static ImmutableArray<ServingExplanation> Of(ServingReport report, ServingContext context)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(context);
        PreparedJob job = ServingRunner.Prepare(report.Request, context, [], out _, report.Plan) ?? throw new InvalidOperationException("a plan that ran cannot be run again");
        ServingRun run = job.Run(1);
        if (job.Pools is not { } pools || report.Pools is not { } told || run.Pools is not { } beside)
            return [Of(report, job, run, EngineRole.Whole, context)];
        return [Of(told.Prompts, pools.Prompts, beside.Prompts, EngineRole.Prompts, context), Of(told.Answers, pools.Answers, run, EngineRole.Answers, context)];
    }

    private static ServingExplanation Of(ServingReport report, PreparedJob job, ServingRun run, EngineRole role, ServingContext context)
    {
        ServingRequest request = job.Request;
        IterationCost cost = run.Cost;
        int batch = (int)Math.Max(1, Math.Round(run.MeanDecoding));
        int tokens = (int)Math.Max(1, Math.Round(run.MeanContext));
        int tile = cost.ContextTile((long)batch * tokens, batch, tokens);
        double perRank = request.System.Chip.MemoryBandwidth.Value.Value / report.RanksPerChip;
        double seconds = report.EngineSeconds;
        return new ServingExplanation
        {
            Report = report,
            Role = role,
            ModelClass = job.Class,
            StackFigures = context.Stacks.FiguresOf(request.Stack),
            Constants = context.Stacks.ReadingsOf(request.Stack, job.Class, request.System.Chip),
            Decode = role == EngineRole.Prompts ? null : new ExplainedIteration(batch, tokens, 0, cost.Decode(batch, tile), job.Times.DecodeLines(batch, tokens)),
            Prompt = role == EngineRole.Answers ? null : PromptOf(request, job, run, role == EngineRole.Prompts ? 0 : batch, tokens),
            MemoryBandwidth = perRank,
            CacheBytesPerToken = new KvLayout(request.Model, job.Plan, request.Speculation).BytesPerToken,
            Activity = new ChipActivity(report.Shares.MatrixBusy / seconds, report.Shares.MemoryBytes / perRank / seconds, report.Shares.Collectives / seconds),
            PowerShares = EnergyModel.Open(context.Catalog.DataRoot).SharesOf(request.System.Chip),
        };
    }

    /// <summary>One mean prompt, cut as the policy cuts it, beside the batch where the policy mixes.</summary>
    private static ExplainedIteration PromptOf(ServingRequest request, PreparedJob job, ServingRun run, int batch, int tokens)
    {
        IterationCost cost = run.Cost;
        int budget = request.TokenBudget ?? request.Stack.TokenBudget;
        int prompt = (int)Math.Max(1, Math.Round((double)run.InputTokens / Math.Max(1, run.Book.Finished)));
        BatchingPolicy policy = request.Batching ?? BatchingPolicies.Find(request.Stack.Batching);
        IterationShape shape = policy.Next(new BatchState(batch, 1, 0, budget, batch * cost.Queries));
        int beside = shape.Decodes ? batch : 0;
        int worked = shape.SplitsPrompts && shape.PrefillTokens > 0 ? Math.Min(prompt, shape.PrefillTokens) : prompt;
        worked = cost.Buckets is { } buckets ? buckets.Length(worked) : worked;
        int tile = beside > 0 ? cost.ContextTile((long)beside * tokens, beside, tokens) : 0;
        return new ExplainedIteration(beside, tokens, worked, cost.Mixed(beside, tile, worked, cost.Prompt(worked, 0), 1), job.Times.PromptLines(worked));
    }
}
