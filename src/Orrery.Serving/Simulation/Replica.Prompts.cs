namespace Orrery.Serving;

/// <content>Admission, and iterations that work on prompts.</content>
public sealed partial class Replica
{
    /// <summary>Deals the tokens of an iteration to prompts, admitting what fits; returns how many prompts have a share.</summary>
    private int PlanPrefill(in IterationShape shape)
    {
        bool isShort = shape.Decodes && decoding > 0 && !HasBlocksForOne();
        if (isShort)
            PreemptUntilOneFits();
        int left = shape.PrefillTokens;
        int most = shape.SplitsPrompts ? (left + options.AttentionRanks - 1) / options.AttentionRanks : int.MaxValue;
        int chunks = 0;
        for (int place = 0; place < prefilling.Count && left > 0; place++)
        {
            int slot = prefilling[place];
            int rest = prompt[slot] - worked[slot];
            if (!shape.SplitsPrompts && chunks > 0 && rest > left)
                return chunks;
            left = Left(left, Deal(chunks++, slot, shape.SplitsPrompts ? Math.Min(rest, Math.Min(left, most)) : rest), shape);
        }

        // Blocks just taken from one sequence are not for a new one.
        while (left > 0 && !isShort && waiting.Count + preempted.Count > 0)
        {
            int slot = TryAdmit(!shape.SplitsPrompts && chunks > 0 ? left : int.MaxValue, shape.Decodes && decoding > 0);
            if (slot < 0)
                break;
            int rest = prompt[slot] - worked[slot];
            if (phase[slot] == Prefilling)
                left = Left(left, Deal(chunks++, slot, shape.SplitsPrompts ? Math.Min(rest, Math.Min(left, most)) : rest), shape);
        }

        return chunks;
    }

    /// <summary>Tokens that further prompts of the iteration may have.</summary>
    private static int Left(int left, int dealt, in IterationShape shape) => shape.IsOfOnePrompt ? 0 : left - dealt;

    private int Deal(int chunk, int slot, int tokens)
    {
        chunkSlots[chunk] = slot;
        chunkTokens[chunk] = tokens;
        return tokens;
    }

    /// <summary>Admits the next request if its prompt is no longer than <paramref name="longest"/> and there is room; -1 where it is not admitted.</summary>
    private int TryAdmit(int longest, bool leavesRoomForDecodes)
    {
        bool isAgain = ComesAgain();
        Preempted one = isAgain ? preempted[^1] : new Preempted(waiting.Next, 0, 0, 0);
        int next = one.Request;
        bool isReceived = !isAgain && options.Role == EngineRole.Answers;
        bool isWorked = isReceived || one.Tokens > 0;
        // A prompt whose last token is worked on again comes without it.
        int tokens = one.Tokens > 0 ? one.Tokens : book.Trace.Inputs[next] + one.Generated - (isReceived && options.AnswersBegin ? 1 : 0);
        if (tokens > longest && !isWorked)
            return -1;
        if (freeCount == 0)
            return -1;
        int whole = TokensAtEnd(next);
        long lasting = options.Layout.FixedBytes(whole, options.BlockTokens);
        ReadOnlySpan<int> hashes = prefixes is null ? default : Shareable(next);
        int unused = 0;
        int found = prefixes?.LongestPrefix(hashes, out unused) ?? 0;
        int inHost = InHost(hashes, found);
        // Blocks that are here need no room, but those nobody used until now can no longer make any.
        long bytes = (Blocks(options.ReservesOutput ? whole : tokens) * blockBytes) + lasting - (found * prefixBytes);
        long kept = decoding + prefilling.Count == 0 ? 0 : watermark + (leavesRoomForDecodes ? BlocksOfNext() * blockBytes : 0);
        // One that generates at once may need a block in this very iteration; one whose proposed tokens then found no room would come and go.
        long soon = (isWorked || calendar is not null) && !options.ReservesOutput ? (Blocks(tokens + 1 + accepted.Tokens) - Blocks(tokens)) * blockBytes : 0;
        if (InUse + (unused * prefixBytes) + bytes + soon > options.CacheBytes - kept)
            return -1;

        if (isAgain)
            preempted.RemoveAt(preempted.Count - 1);
        else
            waiting.Take();
        int slot = freeSlots[--freeCount];
        phase[slot] = Prefilling;
        request[slot] = next;
        prompt[slot] = tokens;
        worked[slot] = isWorked ? tokens : Math.Min((found + inHost) * prefixTokens, tokens - 1);
        shared[slot] = hashes.Length;
        foreach (int hash in hashes)
        {
            // A block is in one of the two memories.
            if (!prefixes!.Use(hash))
                hostPrefixes?.Remove(hash);
        }

        if (unseen.Length > 0)
            unseen[slot] = isWorked ? 0 : book.Trace.Images(next);
        if (!isWorked)
        {
            int here = Math.Min(found * prefixTokens, worked[slot]);
            Statistics.PromptTokens += tokens;
            Statistics.PrefixTokens += here;
            Statistics.HostPrefixTokens += worked[slot] - here;
        }

        generated[slot] = !isReceived ? one.Generated : options.AnswersBegin ? 0 : 1;
        order[slot] = admissions++;
        log?.Admit(next, Clock);
        fixedBytes[slot] = lasting;
        Take(bytes);
        if (isReceived)
        {
            Receive(slot);
            return slot;
        }

        // What is on the device of a sequence that comes back need not come.
        long fetched = isWorked ? Math.Max(0, one.HostBytes - (found * prefixBytes)) : inHost * prefixBytes;
        if (isWorked || fetched > 0)
        {
            Fetch(slot, fetched, one.HostBytes);
            return slot;
        }

        prefilling.Add(slot);
        if (options.Role == EngineRole.Prompts)
            flow?.Began(this, next, Clock);
        return slot;
    }

    private void RunPrefill(int chunks, bool decodes)
    {
        int tokens = 0;
        int padded = 0;
        int ending = 0;
        int images = 0;
        double launch = 0;
        AttentionTimes attention = default;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int slot = chunkSlots[chunk];
            int size = chunkTokens[chunk];
            tokens += size;
            padded += PaddedPrompt(size);
            ending += worked[slot] + size == prompt[slot] ? 1 : 0;
            images += TakeImages(slot);
            AttentionTimes one = cost.Prompt(PaddedPrompt(size), worked[slot]);
            launch = Math.Max(launch, one.Launch);
            attention += one;
        }

        // Ranks that attend for different sequences share the prompts out; one prompt is one rank's.
        attention = attention.Times(1.0 / Math.Min(cost.Times.DataParallel, chunks)) with { Launch = launch };
        int beside = decodes ? decoding : 0;
        int tile = beside > 0 ? cost.ContextTile(TotalContext, decoding, Longest) : 0;
        TimeShares shares = cost.Mixed(beside, tile, padded, attention, ending, images: images);
        long ticks = Ticks(ref shares, -2 - padded);
        int inside = InsideNow;
        Spend(ticks, 1, inside, beside + chunks, shares, chunks, tokens);
        Statistics.PrefillIterations++;
        Statistics.PrefilledTokens += tokens;
        if (beside > 0)
        {
            TakeBlocks(1);
            Advance(1);
            FinishDecodes();
        }

        // Chunks stand in the order of the prompts that wait for their rest; with several attention ranks a later prompt may end first.
        int ended = 0;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int slot = chunkSlots[chunk];
            worked[slot] += chunkTokens[chunk];
            if (worked[slot] < prompt[slot])
                continue;
            prefilling.RemoveAt(chunk - ended++);
            BeginDecode(slot);
        }

        lookedAt = iteration;
        heldSince = -1;
    }

    /// <summary>Images of a prompt that are still to be encoded; they are with its first piece.</summary>
    private int TakeImages(int slot)
    {
        if (unseen.Length == 0)
            return 0;
        int images = unseen[slot];
        unseen[slot] = 0;
        return images;
    }

    private int PaddedPrompt(int tokens) => cost.Buckets is { } buckets ? buckets.Length(tokens) : tokens;
}
