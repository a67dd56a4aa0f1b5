namespace Orrery.Serving;

/// <summary>
/// One batch of alike requests that runs alone: all prompts at once, then decodes in step. What benchmarks of single batches and engines without
/// continuous batching measure.
/// </summary>
/// <param name="FirstToken">Until every prompt of the batch is done.</param>
/// <param name="PerToken">One decode iteration at the mean context.</param>
public readonly record struct StaticBatch(double FirstToken, double PerToken)
{
    /// <summary>Where the time of the whole batch goes, all its prompts and decodes.</summary>
    public TimeShares Shares { get; init; }

    /// <summary>That of its prompts alone.</summary>
    public TimeShares PromptShares { get; init; }

    /// <summary>That of one decode iteration.</summary>
    public TimeShares DecodeShares { get; init; }

    /// <summary>The times of a batch.</summary>
    /// <param name="budget">Most prompt tokens of one pass; longer work takes several.</param>
    /// <param name="longest">Context the cache is compiled for; 0 where nothing is compiled.</param>
    public static StaticBatch Of(IterationCost cost, int batch, int input, int output, int budget, int longest = 0)
    {
        TimeShares shares = default;
        int padded = cost.Buckets is { } buckets ? buckets.Length(input) : input;
        if (cost.Buckets is not null || (long)batch * padded <= budget)
        {
            AttentionTimes prompts = Sum(cost.Prompt(padded, 0), batch);
            shares = cost.Mixed(0, 0, batch * padded, prompts, batch);
        }
        else
        {
            // Whole prompts while they fit a pass, else pieces of one.
            int prompt = 0;
            int worked = 0;
            bool isLater = false;
            while (prompt < batch)
            {
                int left = budget;
                int ending = 0;
                AttentionTimes pass = default;
                while (left > 0 && prompt < batch)
                {
                    int piece = Math.Min(left, input - worked);
                    AttentionTimes one = cost.Prompt(piece, worked);
                    pass = (pass + one) with { Launch = Math.Max(pass.Launch, one.Launch) };
                    left -= piece;
                    worked += piece;
                    if (worked < input)
                        continue;
                    worked = 0;
                    prompt++;
                    ending++;
                }

                shares.Add(cost.Mixed(0, 0, budget - left, pass, ending, isLater), 1);
                isLater = true;
            }
        }

        int context = longest > 0 ? longest : input + (output / 2);
        double first = shares.Total;
        TimeShares ofPrompts = shares;
        TimeShares decode = cost.Decode(batch, context / OperatorTimes.Tile);
        shares.Add(decode, Math.Max(0, output - 1) / cost.TokensPerIteration);
        return new StaticBatch(first + cost.Constants[ServingConstant.FirstTokenDelay], decode.Total / cost.TokensPerIteration) { Shares = shares, PromptShares = ofPrompts, DecodeShares = decode };
    }

    private static AttentionTimes Sum(in AttentionTimes one, int times) => one.Times(times) with { Launch = one.Launch };
}
