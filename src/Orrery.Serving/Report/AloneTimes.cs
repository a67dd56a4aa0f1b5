namespace Orrery.Serving;

/// <summary>
/// What requests would take with an idle engine each: nobody can do better at any load, so a level that too few keep even then is kept by no load. A sample of the
/// requests, evenly over the trace.
/// </summary>
/// <param name="FirstToken">Share of the requests that would keep the time to the first token.</param>
/// <param name="EndToEnd">Share that would keep the time to the last.</param>
/// <param name="TypicalFirstToken">Mean time to the first token, in seconds.</param>
/// <param name="TypicalEndToEnd">Mean time to the last token.</param>
public readonly record struct AloneTimes(double FirstToken, double EndToEnd, double TypicalFirstToken, double TypicalEndToEnd)
{
    private const int MostSampled = 4096;

    /// <summary>The times alone of a run's requests against a level.</summary>
    public static AloneTimes Of(ServiceLevel level, ServingRun run, double delay, int streamInterval)
    {
        ArgumentNullException.ThrowIfNull(level);
        ArgumentNullException.ThrowIfNull(run);
        RequestTrace trace = run.Book.Trace;
        int budget = run.Engines[0].Options.TokenBudget;
        int step = Math.Max(1, trace.Count / MostSampled);
        int sampled = 0;
        int firsts = 0;
        int ends = 0;
        double firstSum = 0;
        double endSum = 0;
        for (int request = 0; request < trace.Count; request += step)
        {
            int prompt = trace.Inputs[request];
            int rest = trace.Outputs[request] - 1;
            double each = rest > 0 ? run.Cost.Decode(1, (prompt + (rest / 2)) / OperatorTimes.Tile).Total / run.Cost.TokensPerIteration : 0;
            double done = PromptAlone(run.Cost, prompt, trace.Images(request), budget);
            double first = done + (Math.Min(streamInterval - 1, rest) * each) + delay;
            double end = done + (rest * each) + delay;
            sampled++;
            firstSum += first;
            endSum += end;
            firsts += level.FirstToken is { } mostFirst && first > mostFirst.Value ? 0 : 1;
            ends += level.EndToEnd is { } mostEnd && end > mostEnd.Value ? 0 : 1;
        }

        double count = Math.Max(1, sampled);
        return new AloneTimes(firsts / count, ends / count, firstSum / count, endSum / count);
    }

    /// <summary>A prompt in pieces of the engine's token budget, whole where shapes are compiled.</summary>
    private static double PromptAlone(IterationCost cost, int prompt, int images, int budget)
    {
        if (cost.Buckets is { } buckets)
        {
            int padded = buckets.Length(prompt);
            return cost.Mixed(0, 0, padded, cost.Prompt(padded, 0), 1, images: images).Total;
        }

        double time = 0;
        for (int worked = 0; worked < prompt; worked += budget)
        {
            int piece = Math.Min(budget, prompt - worked);
            time += cost.Mixed(0, 0, piece, cost.Prompt(piece, worked), worked + piece == prompt ? 1 : 0, images: worked == 0 ? images : 0).Total;
        }

        return time;
    }
}
