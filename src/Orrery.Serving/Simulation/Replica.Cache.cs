namespace Orrery.Serving;

/// <content>Blocks of the cache: who holds them, who loses them.</content>
public sealed partial class Replica
{
    /// <summary>Takes a sequence out of the batch and its blocks back.</summary>
    private void Release(int slot)
    {
        if (phase[slot] == Decoding)
        {
            decoding--;
            EndGrowth(slot);
        }

        isStuck = false;
        long bytes = BytesOf(slot);
        for (int block = shared[slot] - 1; block >= 0; block--)
        {
            // A prompt that was not worked to its end has blocks with nothing in them; who shares them is newer, and gone before.
            bool isUnfinished = phase[slot] == Prefilling && (block + 1) * prefixTokens > worked[slot];
            bytes += prefixes!.Release(book.Trace.PrefixBlocks(request[slot])[block], isUnfinished) ? prefixBytes : 0;
        }

        shared[slot] = 0;
        used -= bytes;
        Statistics.BytesReturned += bytes;
        phase[slot] = Free;
        freeSlots[freeCount++] = slot;
        if (offset[slot] == longestOffset)
            longestOffset = long.MinValue;
    }

    /// <summary>
    /// A sequence that has ended leaves the whole blocks of its answer too, where a further turn would begin with them; the last token was never worked on.
    /// </summary>
    private void KeepAnswer(int slot)
    {
        int ended = request[slot];
        ReadOnlySpan<int> hashes = book.Trace.PrefixBlocks(ended);
        int whole = Math.Min(hashes.Length, (book.Trace.Inputs[ended] + book.Trace.Outputs[ended] - 1) / prefixTokens);
        for (int block = shared[slot]; block < whole; block++)
        {
            shared[slot]++;
            if (!prefixes!.Use(hashes[block]))
            {
                hostPrefixes?.Remove(hashes[block]);
                continue;
            }

            // Another made the same text meanwhile: one copy is enough.
            used -= prefixBytes;
            Statistics.BytesReturned += prefixBytes;
        }
    }

    /// <summary>Bytes a sequence holds: its whole answer's, its prompt's, or those of the tokens it has.</summary>
    private long BytesOf(int slot)
    {
        long blocks = calendar is not null && takesBlocks && phase[slot] == Decoding ? held[slot]
            : Blocks(options.ReservesOutput ? TokensAtEnd(request[slot]) : phase[slot] == Decoding ? TokensOf(slot) : prompt[slot]);
        return (blocks * blockBytes) + fixedBytes[slot] - (shared[slot] * prefixBytes);
    }

    /// <summary>Bytes that running requests hold, shared blocks once.</summary>
    private long InUse => used - ((prefixes?.Unused ?? 0) * prefixBytes);

    /// <summary>Blocks of a prompt that others can share: whole ones, and not the last token, which has to be worked on for an answer to begin.</summary>
    private ReadOnlySpan<int> Shareable(int candidate)
    {
        ReadOnlySpan<int> hashes = book.Trace.PrefixBlocks(candidate);
        return hashes[..Math.Min(hashes.Length, (book.Trace.Inputs[candidate] - 1) / prefixTokens)];
    }

    /// <summary>Tokens of the longest running sequence.</summary>
    private int Longest
    {
        get
        {
            if (cost.Buckets is null)
                return 0;
            if (calendar is not null)
            {
                long most = 0;
                for (int slot = 0; slot < phase.Length; slot++)
                    most = phase[slot] == Decoding ? Math.Max(most, TokensOf(slot)) : most;
                return (int)most;
            }

            if (longestOffset == long.MinValue)
            {
                for (int slot = 0; slot < phase.Length; slot++)
                {
                    if (phase[slot] == Decoding)
                        longestOffset = Math.Max(longestOffset, offset[slot]);
                }
            }

            return (int)(longestOffset + iteration);
        }
    }

    private int Residue(long value)
    {
        // A division is a twentieth of the whole loop; blocks are powers of two nearly always, and the mask is right below 0 too.
        if (blockMask >= 0)
            return (int)(value & blockMask);
        long residue = value % options.BlockTokens;
        return (int)(residue < 0 ? residue + options.BlockTokens : residue);
    }

    /// <summary>True where there is room for the blocks of one iteration.</summary>
    private bool HasBlocksForOne() => InUse + (BlocksOfNext() * blockBytes) <= options.CacheBytes;

    /// <summary>Takes the blocks of up to <paramref name="span"/> iterations and returns for how many they reached, at least 1.</summary>
    private long TakeBlocks(long span)
    {
        if (!takesBlocks)
            return span;
        long free = (options.CacheBytes - InUse) / blockBytes;
        if (calendar is not null)
            return TakeScheduled(span, free);
        // Over whole cycles of the block every sequence takes one.
        long cycles = Math.Min(span / options.BlockTokens, decoding > 0 ? free / decoding : 0);
        long done = cycles * options.BlockTokens;
        long taken = cycles * decoding;
        while (done < span)
        {
            int next = slotsByResidue[Residue(-(iteration + done))];
            if (taken + next > free)
                break;
            taken += next;
            done++;
        }

        Take(taken * blockBytes);
        return done;
    }

    private void Take(long bytes)
    {
        while (used + bytes > options.CacheBytes)
            Evict();

        used += bytes;
        Statistics.BytesTaken += bytes;
        Statistics.CachePeak = Math.Max(Statistics.CachePeak, used);
    }

    /// <summary>What holds after every iteration; a mistake of ours throws.</summary>
    private void CheckInvariants()
    {
        long bytes = 0;
        long context = 0;
        int running = 0;
        int filling = 0;
        int leaving = 0;
        for (int slot = 0; slot < phase.Length; slot++)
        {
            if (phase[slot] == Free)
                continue;
            bytes += BytesOf(slot);
            filling += phase[slot] == Prefilling ? 1 : 0;
            leaving += phase[slot] is Leaving or Coming ? 1 : 0;
            if (phase[slot] != Decoding)
                continue;
            running++;
            context += calendar is null ? offset[slot] + iteration : offset[slot] + (slope[slot] * iteration);
            Hold(end[slot] > iteration, "a sequence runs beyond its end");
        }

        int counted = 0;
        foreach (int count in slotsByResidue)
            counted += count;
        if (calendar is not null)
            counted = takesBlocks ? calendar.Count : decoding;
        bytes += (prefixes?.Count ?? 0) * prefixBytes;
        long away = 0;
        foreach (Preempted one in preempted)
            away += one.HostBytes;
        foreach (long one in hostHeld)
            away += one;
        Hold(away == swapped, "the host keeps what was swapped out and has not come back");
        Hold(HostUsed <= options.HostBytes, "the host's memory is over its capacity");
        Hold(bytes == used, "the cache in use is what the sequences hold");
        Hold(used <= options.CacheBytes, "the cache is over its capacity");
        Hold(running == decoding && counted == decoding, "running sequences are counted once");
        Hold(filling == prefilling.Count && leaving == transfers.Count + incoming.Count + undated.Count, "prompts are counted once");
        Hold(filling + running + leaving + freeCount == phase.Length, "every slot is free, prefilling, decoding, leaving or coming");
        Hold(context == totalContext, "the context is the sum of the sequences'");
    }

    private static void Hold(bool isSo, string what)
    {
        if (!isSo)
            throw new InvalidOperationException($"not so after an iteration: {what}");
    }
}
