using System.Diagnostics;

namespace Orrery.Serving;

/// <summary>
/// One engine: a queue, a batch and a cache. Runs iterations as the batching policy shapes them, and runs alike iterations together: sequences that
/// generate advance in step, so until the first of them ends, a request arrives, a block is short or the context enters the next tile, every
/// iteration takes the same time.
/// </summary>
/// <remarks>
/// Time is in ticks of a picosecond. A sequence with n cached tokens takes a new block when n is a multiple of the block, so how many blocks an iteration
/// takes is a look-up by iteration number modulo the block. The newest sequence loses its cache where the next block is short, and is worked on again from
/// the start of its prompt with what it had generated.
/// </remarks>
public sealed class Replica
{
    private const byte Free = 0;
    private const byte Prefilling = 1;
    private const byte Decoding = 2;

    private readonly RequestBook book;
    private readonly IterationCost cost;
    private readonly EngineOptions options;
    private readonly ClosedLoop? clients;
    private readonly int number;
    private readonly long blockBytes;
    private readonly long watermark;
    private readonly PrefixCache? prefixes;
    private readonly int prefixTokens;
    private readonly long prefixBytes;
    private readonly ArrivalHeap pending = new();
    private readonly IntQueue waiting = new();
    private readonly IntQueue prefilling = new();
    private readonly FinishHeap finishing = new();

    // Requests that lost their cache, last in first out, with what they had generated.
    private readonly List<(int Request, int Generated)> preempted = [];

    // One entry a slot of the batch. A sequence's cached tokens are offset + decode iterations, so that nothing is touched while it runs.
    private readonly byte[] phase;
    private readonly int[] request;
    private readonly int[] prompt;
    private readonly int[] worked;
    private readonly int[] generated;
    private readonly long[] offset;
    private readonly long[] end;
    private readonly long[] order;
    private readonly long[] fixedBytes;
    private readonly int[] shared;
    private readonly int[] freeSlots;
    private readonly int[] slotsByResidue;
    private readonly int[] chunkSlots;
    private readonly int[] chunkTokens;
    private int freeCount;
    private int decoding;
    private long iteration;
    private long totalContext;
    private long longestOffset = long.MinValue;
    private long admissions;
    private long used;
    private int lastGraph = -1;
    private bool isCold = true;

    /// <summary>An engine with an empty queue and cache.</summary>
    /// <param name="number">Its place among the replicas, from 0.</param>
    /// <param name="clients">Clients that wait for answers; null where requests come by themselves.</param>
    public Replica(int number, RequestBook book, IterationCost cost, EngineOptions options, ClosedLoop? clients = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxBatch, 1 << 16);
        this.number = number;
        this.book = book;
        this.cost = cost;
        this.options = options;
        this.clients = clients;
        blockBytes = options.Layout.BlockBytes(options.BlockTokens);
        watermark = (long)(options.CacheBytes * options.Watermark);
        prefixTokens = book.Trace.PrefixBlockTokens;
        if (options.CachesPrefixes && prefixTokens > 0 && prefixTokens % options.BlockTokens == 0)
        {
            prefixes = new PrefixCache();
            prefixBytes = prefixTokens / options.BlockTokens * blockBytes;
        }

        int slots = options.MaxBatch;
        phase = new byte[slots];
        request = new int[slots];
        prompt = new int[slots];
        worked = new int[slots];
        generated = new int[slots];
        offset = new long[slots];
        end = new long[slots];
        order = new long[slots];
        fixedBytes = new long[slots];
        shared = new int[slots];
        freeSlots = new int[slots];
        chunkSlots = new int[slots];
        chunkTokens = new int[slots];
        slotsByResidue = new int[options.BlockTokens];
        freeCount = slots;
        for (int slot = 0; slot < slots; slot++)
            freeSlots[slot] = slots - 1 - slot;
    }

    /// <summary>Ticks since the start; the end of the last iteration.</summary>
    public long Clock { get; private set; }

    public ReplicaStatistics Statistics { get; } = new();

    /// <summary>Requests waiting or running.</summary>
    public int Inside => waiting.Count + pending.Count + preempted.Count + prefilling.Count + decoding;

    /// <summary>Bytes of the cache in use on one rank.</summary>
    public long CacheUsed => used;

    /// <summary>Bytes of prompts' blocks that are kept for requests to come.</summary>
    public long CacheKept => (prefixes?.Unused ?? 0) * prefixBytes;

    /// <summary>Hashes of the blocks of a request's prompt; empty where the trace has none.</summary>
    public ReadOnlySpan<int> PrefixBlocksOf(int candidate) => book.Trace.PrefixBlocks(candidate);

    /// <summary>How many of a request's first blocks are kept here, in tokens.</summary>
    public int PrefixTokensOf(int candidate) => prefixes is null ? 0 : prefixes.LongestPrefix(Shareable(candidate), out _) * prefixTokens;

    /// <summary>Hands over a request that arrives at <paramref name="time"/>.</summary>
    public void Enqueue(int newRequest, long time)
    {
        book.Arrive(newRequest, time);
        pending.Add(time, newRequest);
    }

    /// <summary>Runs every iteration that begins before <paramref name="limit"/>.</summary>
    public void AdvanceTo(long limit)
    {
        while (Clock < limit && Step(limit))
            CheckInvariants();
    }

    /// <summary>Runs until nothing is left.</summary>
    public void Drain() => AdvanceTo(long.MaxValue);

    /// <summary>One iteration, or a span of alike ones; false where there is nothing to do before <paramref name="limit"/>.</summary>
    private bool Step(long limit)
    {
        TakeArrivals();
        if (decoding + prefilling.Count + waiting.Count + preempted.Count == 0)
        {
            if (pending.NextTime >= limit)
                return false;
            Clock = Math.Max(Clock, pending.NextTime);
            TakeArrivals();
        }

        IterationShape shape = options.Batching.Next(new BatchState(decoding, prefilling.Count, waiting.Count + preempted.Count, options.TokenBudget));
        int chunks = 0;
        if (shape.PrefillTokens > 0 && prefilling.Count + waiting.Count + preempted.Count > 0)
            chunks = PlanPrefill(shape);
        if (chunks > 0)
            RunPrefill(chunks, shape.Decodes && decoding > 0);
        else if (decoding > 0)
            RunDecodes(limit);
        return true;
    }

    private void TakeArrivals()
    {
        while (pending.NextTime <= Clock)
        {
            int next = pending.Take(out long time);
            if (!IsServable(next))
            {
                // At once, even where it is seen only at the end of an iteration.
                book.Refuse(next);
                AskNext(time);
                continue;
            }

            // It has been inside since it arrived, in the middle of an iteration.
            Statistics.InsideTicks += Clock - time;
            waiting.Add(next);
        }
    }

    /// <summary>True where an empty cache holds the request to its end.</summary>
    private bool IsServable(int candidate)
    {
        int tokens = book.Trace.Inputs[candidate] + book.Trace.Outputs[candidate];
        return (Blocks(tokens) * blockBytes) + options.Layout.FixedBytes(tokens, options.BlockTokens) <= options.CacheBytes;
    }

    private long Blocks(long tokens) => (tokens + options.BlockTokens - 1) / options.BlockTokens;

    private void AskNext(long time)
    {
        if (clients is null)
            return;
        int next = clients.Next(number, time, out long arrival);
        if (next >= 0)
            Enqueue(next, arrival);
    }

    /// <summary>Deals the tokens of an iteration to prompts, admitting what fits; returns how many prompts have a share.</summary>
    private int PlanPrefill(in IterationShape shape)
    {
        bool isShort = shape.Decodes && decoding > 0 && !TakeBlocksForOne(isTrial: true);
        if (isShort)
            PreemptUntilOneFits();
        int left = shape.PrefillTokens;
        int chunks = 0;
        for (int place = 0; place < prefilling.Count && left > 0; place++)
        {
            int slot = prefilling[place];
            int rest = prompt[slot] - worked[slot];
            if (!shape.SplitsPrompts && chunks > 0 && rest > left)
                return chunks;
            left -= Deal(chunks++, slot, shape.SplitsPrompts ? Math.Min(rest, left) : rest);
        }

        // Blocks just taken from one sequence are not for a new one.
        while (left > 0 && !isShort && waiting.Count + preempted.Count > 0)
        {
            int slot = TryAdmit(!shape.SplitsPrompts && chunks > 0 ? left : int.MaxValue, shape.Decodes && decoding > 0);
            if (slot < 0)
                break;
            int rest = prompt[slot] - worked[slot];
            left -= Deal(chunks++, slot, shape.SplitsPrompts ? Math.Min(rest, left) : rest);
        }

        return chunks;
    }

    private int Deal(int chunk, int slot, int tokens)
    {
        chunkSlots[chunk] = slot;
        chunkTokens[chunk] = tokens;
        return tokens;
    }

    /// <summary>Admits the next request if its prompt is no longer than <paramref name="longest"/> and there is room; -1 where it is not admitted.</summary>
    private int TryAdmit(int longest, bool leavesRoomForDecodes)
    {
        bool isAgain = preempted.Count > 0;
        (int next, int had) = isAgain ? preempted[^1] : (waiting[0], 0);
        int tokens = book.Trace.Inputs[next] + had;
        if (tokens > longest)
            return -1;
        if (freeCount == 0)
            return -1;
        int whole = book.Trace.Inputs[next] + book.Trace.Outputs[next];
        long lasting = options.Layout.FixedBytes(whole, options.BlockTokens);
        ReadOnlySpan<int> hashes = prefixes is null ? default : Shareable(next);
        int unused = 0;
        int found = prefixes?.LongestPrefix(hashes, out unused) ?? 0;
        // Blocks that are here need no room, but those nobody used until now can no longer make any.
        long bytes = (Blocks(options.ReservesOutput ? whole : tokens) * blockBytes) + lasting - (found * prefixBytes);
        long kept = decoding + prefilling.Count == 0 ? 0 : watermark + (leavesRoomForDecodes ? BlocksOfNext() * blockBytes : 0);
        if (InUse + (unused * prefixBytes) + bytes > options.CacheBytes - kept)
            return -1;

        if (isAgain)
            preempted.RemoveAt(preempted.Count - 1);
        else
            waiting.Take();
        int slot = freeSlots[--freeCount];
        phase[slot] = Prefilling;
        request[slot] = next;
        prompt[slot] = tokens;
        worked[slot] = Math.Min(found * prefixTokens, tokens - 1);
        shared[slot] = hashes.Length;
        foreach (int hash in hashes)
            prefixes!.Use(hash);
        Statistics.PromptTokens += tokens;
        Statistics.PrefixTokens += worked[slot];
        generated[slot] = had;
        order[slot] = admissions++;
        fixedBytes[slot] = lasting;
        Take(bytes);
        prefilling.Add(slot);
        return slot;
    }

    private void RunPrefill(int chunks, bool decodes)
    {
        int tokens = 0;
        int padded = 0;
        int ending = 0;
        double launch = 0;
        AttentionTimes attention = default;
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int slot = chunkSlots[chunk];
            int size = chunkTokens[chunk];
            tokens += size;
            padded += PaddedPrompt(size);
            ending += worked[slot] + size == prompt[slot] ? 1 : 0;
            AttentionTimes one = cost.Times.Prefill(PaddedPrompt(size), worked[slot]);
            launch = Math.Max(launch, one.Launch);
            attention += one;
        }

        // Ranks that attend for different sequences share the prompts out; one prompt is one rank's.
        attention = attention.Times(1.0 / Math.Min(cost.Times.DataParallel, chunks)) with { Launch = launch };
        int beside = decodes ? decoding : 0;
        int tile = beside > 0 ? cost.ContextTile(totalContext, decoding, Longest) : 0;
        TimeShares shares = cost.Mixed(beside, tile, padded, attention, ending);
        long ticks = Ticks(ref shares, -2 - padded);
        int inside = waiting.Count + preempted.Count + prefilling.Count + decoding;
        Spend(ticks, 1, inside, beside + chunks, shares);
        Statistics.PrefillIterations++;
        Statistics.PrefilledTokens += tokens;
        if (beside > 0)
        {
            TakeBlocksForOne(isTrial: false);
            Advance(1);
            FinishDecodes();
        }

        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int slot = chunkSlots[chunk];
            worked[slot] += chunkTokens[chunk];
            if (worked[slot] < prompt[slot])
                continue;
            prefilling.Take();
            BeginDecode(slot);
        }
    }

    private int PaddedPrompt(int tokens) => cost.Buckets is { } buckets ? buckets.Length(tokens) : tokens;

    /// <summary>The prompt is done and the first token, or after preemption the next, with it.</summary>
    private void BeginDecode(int slot)
    {
        Statistics.GeneratedTokens++;
        if (generated[slot] == 0)
            book.First(request[slot], Clock);
        generated[slot]++;
        int rest = book.Trace.Outputs[request[slot]] - generated[slot];
        phase[slot] = Decoding;
        offset[slot] = prompt[slot] - iteration;
        end[slot] = iteration + rest;
        decoding++;
        totalContext += prompt[slot];
        slotsByResidue[Residue(offset[slot])]++;
        longestOffset = Math.Max(longestOffset, offset[slot]);
        if (rest == 0)
            EndSequence(slot);
        else
            finishing.Add(end[slot], slot);
    }

    private void RunDecodes(long limit)
    {
        if (!TakeBlocksForOne(isTrial: true))
            PreemptUntilOneFits();
        int tile = cost.ContextTile(totalContext, decoding, Longest);
        TimeShares shares = cost.Decode(decoding, tile);
        long ticks = Ticks(ref shares, decoding);
        while (phase[finishing.TopSlot] != Decoding || end[finishing.TopSlot] != finishing.TopIteration)
            finishing.RemoveTop();
        long span = Math.Min(finishing.TopIteration - iteration, cost.IterationsInTile(totalContext, decoding, Longest));
        bool isBlocked = waiting.Count + preempted.Count > 0;
        long horizon = isBlocked ? limit : Math.Min(limit, pending.NextTime);
        if (horizon != long.MaxValue)
            span = Math.Min(span, Math.Max(1, (horizon - Clock + ticks - 1) / ticks));
        // What a switch or a cold start adds is in this one iteration alone.
        if (options.StepsSingly || shares.GraphSwitches > 0)
            span = 1;
        span = TakeBlocks(span);
        if (isBlocked)
        {
            if (freeCount == 0)
                Statistics.WaitingForBatch += span * ticks;
            else
                Statistics.WaitingForCache += span * ticks;
        }

        Spend(ticks, span, waiting.Count + preempted.Count + prefilling.Count + decoding, decoding, shares);
        Advance(span);
        FinishDecodes();
    }

    /// <summary>Time of an iteration in ticks; a graph other than the last is switched to first, and a cold engine warms up.</summary>
    private long Ticks(ref TimeShares shares, int graph)
    {
        if (cost.Buckets is { } buckets)
        {
            graph = graph >= 0 ? buckets.Batch(graph) : graph;
            if (lastGraph != graph)
                shares.GraphSwitches = cost.GraphSwitch;
            lastGraph = graph;
        }

        long ticks = Math.Max(1, (long)Math.Round(shares.Total * RequestTrace.TicksPerSecond));
        if (!isCold)
            return ticks;
        isCold = false;
        // The wait of a cold start is the first iteration's and is over before the next span begins.
        Clock += options.ColdStart;
        Statistics.InsideTicks += (Int128)options.ColdStart * (waiting.Count + preempted.Count + prefilling.Count + decoding);
        Statistics.BusyTicks += options.ColdStart;
        return ticks;
    }

    private void Spend(long ticks, long times, int inside, int running, in TimeShares shares)
    {
        long duration = ticks * times;
        Clock += duration;
        ReplicaStatistics statistics = Statistics;
        statistics.BusyTicks += duration;
        statistics.InsideTicks += (Int128)duration * inside;
        statistics.RunningTicks += (Int128)duration * running;
        statistics.CacheByteTicks += (double)duration * used;
        statistics.Shares.Add(shares, times);
        // Before anything ends: clients of refused requests asked again before those whose answer comes now.
        TakeArrivals();
    }

    private void Advance(long iterations)
    {
        iteration += iterations;
        totalContext += iterations * decoding;
        Statistics.DecodeIterations += iterations;
        Statistics.GeneratedTokens += iterations * decoding;
    }

    private void FinishDecodes()
    {
        while (!finishing.IsEmpty && finishing.TopIteration <= iteration)
        {
            int slot = finishing.TopSlot;
            bool isOld = phase[slot] != Decoding || end[slot] != finishing.TopIteration;
            finishing.RemoveTop();
            if (!isOld)
                EndSequence(slot);
        }
    }

    private void EndSequence(int slot)
    {
        int done = request[slot];
        Release(slot);
        book.Finish(done, Clock);
        AskNext(Clock);
    }

    /// <summary>Takes a sequence out of the batch and its blocks back.</summary>
    private void Release(int slot)
    {
        if (phase[slot] == Decoding)
        {
            decoding--;
            totalContext -= offset[slot] + iteration;
            slotsByResidue[Residue(offset[slot])]--;
        }

        long bytes = BytesOf(slot);
        for (int block = shared[slot] - 1; block >= 0; block--)
        {
            // A prompt that was not worked to its end has blocks with nothing in them; who shares them is newer, and gone before.
            bool isUnfinished = phase[slot] == Prefilling && (block + 1) * prefixTokens > worked[slot];
            bytes += prefixes!.Release(Shareable(request[slot])[block], isUnfinished) ? prefixBytes : 0;
        }

        shared[slot] = 0;
        used -= bytes;
        Statistics.BytesReturned += bytes;
        phase[slot] = Free;
        freeSlots[freeCount++] = slot;
        if (offset[slot] == longestOffset)
            longestOffset = long.MinValue;
    }

    /// <summary>Bytes a sequence holds: its whole answer's, its prompt's, or those of the tokens it has.</summary>
    private long BytesOf(int slot)
    {
        long tokens = options.ReservesOutput ? book.Trace.Inputs[request[slot]] + book.Trace.Outputs[request[slot]]
            : phase[slot] == Decoding ? offset[slot] + iteration : prompt[slot];
        return (Blocks(tokens) * blockBytes) + fixedBytes[slot] - (shared[slot] * prefixBytes);
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
        long residue = value % options.BlockTokens;
        return (int)(residue < 0 ? residue + options.BlockTokens : residue);
    }

    /// <summary>Blocks that all running sequences together take in the next iteration.</summary>
    private int BlocksOfNext() => options.ReservesOutput ? 0 : slotsByResidue[Residue(-iteration)];

    /// <summary>Takes the blocks of one iteration; false where they are short. A trial takes nothing.</summary>
    private bool TakeBlocksForOne(bool isTrial)
    {
        long bytes = BlocksOfNext() * blockBytes;
        if (InUse + bytes > options.CacheBytes)
            return false;
        if (!isTrial)
            Take(bytes);
        return true;
    }

    /// <summary>Takes the blocks of up to <paramref name="span"/> iterations and returns for how many they reached, at least 1.</summary>
    private long TakeBlocks(long span)
    {
        if (options.ReservesOutput || blockBytes == 0)
            return span;
        long free = (options.CacheBytes - InUse) / blockBytes;
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
        {
            prefixes!.Evict();
            used -= prefixBytes;
            Statistics.BytesReturned += prefixBytes;
        }

        used += bytes;
        Statistics.BytesTaken += bytes;
        Statistics.CachePeak = Math.Max(Statistics.CachePeak, used);
    }

    /// <summary>Takes the cache of the newest sequences until those left have their next blocks.</summary>
    private void PreemptUntilOneFits()
    {
        while (!TakeBlocksForOne(isTrial: true))
        {
            int newest = -1;
            if (prefilling.Count > 0)
            {
                newest = prefilling.TakeLast();
            }
            else
            {
                for (int slot = 0; slot < phase.Length; slot++)
                {
                    if (phase[slot] == Decoding && (newest < 0 || order[slot] > order[newest]))
                        newest = slot;
                }
            }

            // What it had generated is worked on again as part of its prompt.
            int had = phase[newest] == Decoding ? (int)(offset[newest] + iteration) - book.Trace.Inputs[request[newest]] + 1 : generated[newest];
            preempted.Add((request[newest], had));
            Statistics.Preemptions++;
            Release(newest);
        }
    }

    [Conditional("DEBUG")]
    private void CheckInvariants()
    {
        long bytes = 0;
        long context = 0;
        int running = 0;
        int filling = 0;
        for (int slot = 0; slot < phase.Length; slot++)
        {
            if (phase[slot] == Free)
                continue;
            bytes += BytesOf(slot);
            filling += phase[slot] == Prefilling ? 1 : 0;
            if (phase[slot] != Decoding)
                continue;
            running++;
            context += offset[slot] + iteration;
            Debug.Assert(end[slot] > iteration, "a sequence runs beyond its end");
        }

        int counted = 0;
        foreach (int count in slotsByResidue)
            counted += count;
        bytes += (prefixes?.Count ?? 0) * prefixBytes;
        Debug.Assert(bytes == used, "the cache in use is what the sequences hold");
        Debug.Assert(used <= options.CacheBytes, "the cache is over its capacity");
        Debug.Assert(running == decoding && counted == decoding, "running sequences are counted once");
        Debug.Assert(filling == prefilling.Count && filling + running + freeCount == phase.Length, "every slot is free, prefilling or decoding");
        Debug.Assert(context == totalContext, "the context is the sum of the sequences'");
    }
}
