using Orrery.Accounting;
using Orrery.Serving;

namespace Orrery.Validation.Inference;

/// <summary>A case ready to run under any constants.</summary>
/// <param name="Input">Prompt tokens, the longest where they vary.</param>
/// <param name="Output">Answer tokens, the longest where they vary.</param>
/// <param name="Batch">Sequences of a static batch.</param>
/// <param name="Longest">Tokens a compiled cache is laid out for; 0 where nothing is compiled.</param>
public sealed record PreparedCase(
    ServingRequest Request, ServingPlan Plan, ServingMemory Memory, OperatorTimes Times, InferenceReading Reading, int Input, int Output, int Batch, int Longest)
{
    /// <summary>Runs it; <paramref name="scale"/> on the time of every iteration.</summary>
    public InferenceFigures Run(ServingConstants constants, double scale = 1) =>
        Reading.Method == InferenceMethod.StaticBatch ? RunBatch(constants, scale) : RunLoop(constants, scale);

    private InferenceFigures RunBatch(ServingConstants constants, double scale)
    {
        ServingStack stack = Request.Stack;
        StaticBatch batch = StaticBatch.Of(new IterationCost(Times, stack, constants, stack.Buckets(Batch, Longest)) { Scale = scale }, Batch, Input, Output, stack.TokenBudget, Longest);
        double whole = batch.FirstToken + ((Output - 1) * batch.PerToken);
        return Reading.IsOverWhole
            ? new InferenceFigures(batch.FirstToken, whole / (Input + Output), Batch * (Input + Output) / whole)
            : new InferenceFigures(batch.FirstToken, batch.PerToken, Batch * Output / whole) { Activity = ActivityOf(batch.Shares), PromptActivity = ActivityOf(batch.PromptShares), AnswerActivity = ActivityOf(batch.DecodeShares) };
    }

    private ChipActivity ActivityOf(in TimeShares shares)
    {
        double bandwidth = Request.System.Chip.MemoryBandwidth.Value.Value / Request.System.Chip.RanksPerChip;
        double time = shares.Total;
        return new ChipActivity(shares.MatrixBusy / time, shares.MemoryBytes / bandwidth / time, shares.Collectives / time);
    }

    private InferenceFigures RunLoop(ServingConstants constants, double scale)
    {
        ServingRun run = ServingRun.Of(Request, Plan, Memory, Times, constants, scale);
        RequestBook book = run.Book;
        double first = 0;
        double each = 0;
        int several = 0;
        int count = 0;
        double delay = constants[ServingConstant.FirstTokenDelay];
        for (int request = 0; request < book.Count; request++)
        {
            if (book.Finishes[request] == RequestBook.Never)
                continue;
            RequestTimes times = RequestTimes.Of(book, request, delay, Request.Stack.StreamInterval);
            first += times.FirstToken;
            count++;
            if (double.IsNaN(times.PerToken))
                continue;
            each += times.PerToken;
            several++;
        }

        long peak = 0;
        foreach (Replica engine in run.Engines)
            peak = Math.Max(peak, engine.Statistics.CachePeak);
        return new InferenceFigures(first / count, each / several, run.OutputTokens / run.Duration, (double)peak / run.CacheBytes);
    }
}
