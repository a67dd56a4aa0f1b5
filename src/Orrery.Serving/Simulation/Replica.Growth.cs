namespace Orrery.Serving;

/// <content>
/// How sequences grow. Without speculation all take one token an iteration. With it a request's iterations are drawn when it begins to generate, and it
/// takes its tokens evenly over them: its end is exact, and between begin and end its length is off by what chance would have it ahead or behind.
/// </content>
public sealed partial class Replica
{
    /// <summary>Binary places of a token's fraction where sequences do not advance in step.</summary>
    private const int FractionBits = 20;

    private readonly AcceptedTokens accepted;
    private readonly int fraction;

    // With speculation only: tokens an iteration, and blocks held.
    private readonly long[] slope;
    private readonly int[] held;
    private readonly BlockCalendar? calendar;
    private long growth;

    // Sequences that generate take blocks as they grow.
    private readonly bool takesBlocks;

    /// <summary>Tokens of a sequence that generates, as of now.</summary>
    private long TokensOf(int slot) => calendar is null ? offset[slot] + iteration : TokensAt(slot, iteration);

    private long TokensAt(int slot, long when) => (offset[slot] + (slope[slot] * when)) >> fraction;

    /// <summary>Tokens of all sequences that generate.</summary>
    private long TotalContext => totalContext >> fraction;

    /// <summary>What all sequences together grow by in an iteration, in the unit of <c>totalContext</c>.</summary>
    private long Growth => calendar is null ? decoding : growth;

    /// <summary>A sequence begins to generate its <paramref name="rest"/> tokens.</summary>
    private void BeginGrowth(int slot, int rest)
    {
        if (calendar is null)
        {
            offset[slot] = prompt[slot] - iteration;
            end[slot] = iteration + rest;
            totalContext += prompt[slot];
            slotsByResidue[Residue(offset[slot])]++;
            return;
        }

        int answered = generated[slot];
        int iterations = accepted.Iterations(request[slot], answered, answered + rest);
        slope[slot] = iterations > 0 ? ((long)rest << fraction) / iterations : 1L << fraction;
        offset[slot] = ((long)prompt[slot] << fraction) - (slope[slot] * iteration);
        end[slot] = iteration + iterations;
        totalContext += (long)prompt[slot] << fraction;
        growth += slope[slot];
        if (!takesBlocks)
            return;
        held[slot] = (int)Blocks(prompt[slot]);
        Schedule(slot, iteration);
    }

    /// <summary>A sequence no longer generates; what it made is counted.</summary>
    private void EndGrowth(int slot)
    {
        if (calendar is null)
        {
            totalContext -= offset[slot] + iteration;
            slotsByResidue[Residue(offset[slot])]--;
            return;
        }

        int made = GeneratedOf(slot) - generated[slot];
        Statistics.GeneratedTokens += made;
        Statistics.DecodedTokens += made;
        totalContext -= offset[slot] + (slope[slot] * iteration);
        growth -= slope[slot];
        if (takesBlocks)
            calendar.Remove(slot);
    }

    /// <summary>Tokens of its answer that a sequence has.</summary>
    private int GeneratedOf(int slot)
    {
        if (phase[slot] != Decoding)
            return generated[slot];
        // What fractions of a token round away is there at the end.
        return end[slot] <= iteration ? book.Trace.Outputs[request[slot]] : generated[slot] + (int)(TokensOf(slot) - prompt[slot]);
    }

    /// <summary>Enters when a sequence next needs blocks, <paramref name="from"/> on: all proposed tokens have to have room.</summary>
    private void Schedule(int slot, long from)
    {
        long least = ((long)held[slot] * options.BlockTokens) - accepted.Tokens;
        long when = Math.Max(from, ((least << fraction) - offset[slot] + slope[slot] - 1) / slope[slot]);
        calendar!.Add(slot, when, (int)(Blocks(TokensAt(slot, when) + 1 + accepted.Tokens) - held[slot]));
    }

    /// <summary>Blocks that all running sequences together take in the next iteration.</summary>
    private int BlocksOfNext() => !takesBlocks ? 0 : calendar is null ? slotsByResidue[Residue(-iteration)] : calendar.BlocksAt(iteration);

    /// <summary>Takes the blocks of up to <paramref name="span"/> iterations of sequences out of step and returns for how many they reached.</summary>
    private long TakeScheduled(long span, long free)
    {
        long done = 0;
        long taken = 0;
        while (done < span)
        {
            long when = iteration + done;
            int needed = calendar!.BlocksAt(when);
            if (taken + needed > free)
                break;
            taken += needed;
            while (needed > 0)
            {
                int slot = calendar.FirstAt(when);
                int own = (int)(Blocks(TokensAt(slot, when) + 1 + accepted.Tokens) - held[slot]);
                calendar.Remove(slot);
                needed -= own;
                held[slot] += own;
                Schedule(slot, when + 1);
            }

            done++;
        }

        Take(taken * blockBytes);
        return done;
    }

    /// <summary>Iterations until the context that an iteration pays for changes, at least 1.</summary>
    private long IterationsInTile()
    {
        if (cost.Buckets is null || calendar is null)
            return cost.IterationsInTile(totalContext, Growth, fraction, decoding, Longest);
        // Out of step any sequence may be the first to leave the bucket of the longest.
        long bucket = cost.Buckets.Value.Context(Longest);
        long least = long.MaxValue;
        for (int slot = 0; slot < phase.Length; slot++)
        {
            if (phase[slot] == Decoding)
                least = Math.Min(least, (((bucket + 1) << fraction) - offset[slot] + slope[slot] - 1) / slope[slot]);
        }

        return Math.Max(1, least - iteration);
    }
}
