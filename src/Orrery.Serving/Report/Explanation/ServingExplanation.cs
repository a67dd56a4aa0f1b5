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

    /// <summary>An iteration in which the mean batch generates.</summary>
    public required ExplainedIteration Decode { get; init; }

    /// <summary>An iteration that works on one mean prompt, beside the mean batch where the policy mixes.</summary>
    public required ExplainedIteration Prompt { get; init; }

    /// <summary>Bytes a second that one rank's memory is rated at.</summary>
    public required double MemoryBandwidth { get; init; }

    /// <summary>Bytes of the cache that one token takes on one rank, in layers that keep everything.</summary>
    public required double CacheBytesPerToken { get; init; }

    /// <summary>How busy a chip was, mean over the run.</summary>
    public required ChipActivity Activity { get; init; }

    /// <summary>What activity adds to a chip's power; null where the data have no shares.</summary>
    public required ActivityPower? PowerShares { get; init; }

    /// <summary>Explains a report; runs its question once more for the mean batch.</summary>
    public static ServingExplanation Of(ServingReport report, ServingContext context)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentNullException.ThrowIfNull(context);
        ServingRequest request = report.Request;
        PreparedJob job = ServingRunner.Prepare(request, context, [], out _, report.Plan) ?? throw new InvalidOperationException("a plan that ran cannot be run again");
        ServingRun run = job.Run(1);
        IterationCost cost = run.Cost;
        int batch = (int)Math.Max(1, Math.Round(run.MeanDecoding));
        int tokens = (int)Math.Max(1, Math.Round(run.MeanContext));
        int tile = cost.ContextTile((long)batch * tokens, batch, tokens);
        int budget = request.TokenBudget ?? request.Stack.TokenBudget;
        int prompt = (int)Math.Max(1, Math.Round((double)run.InputTokens / Math.Max(1, run.Book.Finished)));
        BatchingPolicy policy = request.Batching ?? BatchingPolicies.Find(request.Stack.Batching);
        IterationShape shape = policy.Next(new BatchState(batch, 1, 0, budget, batch * cost.Queries));
        bool isBeside = shape.Decodes;
        int worked = shape.SplitsPrompts && shape.PrefillTokens > 0 ? Math.Min(prompt, shape.PrefillTokens) : prompt;
        worked = cost.Buckets is { } buckets ? buckets.Length(worked) : worked;
        TimeShares mixed = cost.Mixed(isBeside ? batch : 0, isBeside ? tile : 0, worked, cost.Prompt(worked, 0), 1);
        double perRank = request.System.Chip.MemoryBandwidth.Value.Value / report.RanksPerChip;
        EnergyModel energy = EnergyModel.Open(context.Catalog.DataRoot);
        double seconds = report.EngineSeconds;
        return new ServingExplanation
        {
            Report = report,
            ModelClass = job.Class,
            StackFigures = context.Stacks.FiguresOf(request.Stack),
            Constants = context.Stacks.ReadingsOf(request.Stack, job.Class, request.System.Chip),
            Decode = new ExplainedIteration(batch, tokens, 0, cost.Decode(batch, tile), job.Times.DecodeLines(batch, tokens)),
            Prompt = new ExplainedIteration(isBeside ? batch : 0, tokens, worked, mixed, job.Times.PromptLines(worked)),
            MemoryBandwidth = perRank,
            CacheBytesPerToken = new KvLayout(request.Model, report.Plan, request.Speculation).BytesPerToken,
            Activity = new ChipActivity(report.Shares.MatrixBusy / seconds, report.Shares.MemoryBytes / perRank / seconds, report.Shares.Collectives / seconds),
            PowerShares = energy.SharesOf(request.System.Chip),
        };
    }
}
