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
public sealed partial class Replica
{
    private const byte Free = 0;
    private const byte Prefilling = 1;
    private const byte Decoding = 2;
    private const byte Leaving = 3;
    private const byte Coming = 4;

    private readonly RequestBook book;
    private readonly IterationCost cost;
    private readonly EngineOptions options;
    private readonly RequestFlow? flow;
    private readonly long blockBytes;
    private readonly long blockMask;
    private readonly long watermark;
    private readonly PrefixCache? prefixes;
    private readonly int prefixTokens;
    private readonly long prefixBytes;
    private readonly ArrivalHeap pending = new();
    private readonly IntQueue prefilling = new();
    private readonly FinishHeap finishing = new();

    // Slots whose blocks are on their way, by the instant they are there.
    private readonly ArrivalHeap transfers = new();

    // Slots whose keys and values come from elsewhere, by the instant they are here.
    private readonly ArrivalHeap incoming = new();

    // Requests that leave or come at an instant nobody knows yet, with their slots.
    private readonly Dictionary<int, int> undated = [];

    // Slots that make their first token in the next iteration.
    private readonly IntQueue beginning = new();

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
    private readonly int[] unseen;
    private readonly int[] freeSlots;
    private readonly int[] slotsByResidue;
    private readonly int[] chunkSlots;
    private readonly int[] chunkTokens;
    private readonly EngineLog? log;
    private int freeCount;
    private int decoding;
    private int coming;
    private long iteration;
    private long totalContext;
    private long longestOffset = long.MinValue;
    private long admissions;
    private long used;
    private int lastGraph = -1;
    private bool isCold = true;

    // Those that wait found no room the last time, and nothing has left since.
    private bool isStuck;

    /// <summary>An engine with an empty queue and cache.</summary>
    /// <param name="number">Its place among the replicas, from 0.</param>
    /// <param name="flow">What follows when it is done with a request; null where nothing does.</param>
    public Replica(int number, RequestBook book, IterationCost cost, EngineOptions options, RequestFlow? flow = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxBatch, 1 << 16);
        Number = number;
        this.book = book;
        this.cost = cost;
        this.options = options;
        this.flow = flow;
        log = book.Recorder?.Open(number, options.Role, options.CacheBytes);
        blockBytes = options.Layout.BlockBytes(options.BlockTokens);
        blockMask = int.IsPow2(options.BlockTokens) ? options.BlockTokens - 1 : -1;
        watermark = (long)(options.CacheBytes * options.Watermark);
        prefixTokens = book.Trace.PrefixBlockTokens;
        if (options.CachesPrefixes && prefixTokens > 0 && prefixTokens % options.BlockTokens == 0)
        {
            prefixes = new PrefixCache();
            prefixBytes = prefixTokens / options.BlockTokens * blockBytes;
        }

        waiting = new WaitingLine(book, options.Ageing);
        if (prefixes is not null && options.HostBytes > 0 && options.HostKeepsPrompts)
            hostPrefixes = new PrefixCache();
        int slots = options.MaxBatch;
        hostHeld = options.HostBytes > 0 ? new long[slots] : [];
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
        unseen = book.Trace.ImageCounts.Length > 0 ? new int[slots] : [];
        freeSlots = new int[slots];
        chunkSlots = new int[slots];
        chunkTokens = new int[slots];
        slotsByResidue = new int[options.BlockTokens];
        accepted = options.Speculation;
        bool isInStep = accepted.Tokens == 0;
        fraction = isInStep ? 0 : FractionBits;
        slope = isInStep ? [] : new long[slots];
        held = isInStep ? [] : new int[slots];
        calendar = isInStep ? null : new BlockCalendar(slots, options.BlockTokens);
        takesBlocks = !options.ReservesOutput && blockBytes > 0;
        freeCount = slots;
        for (int slot = 0; slot < slots; slot++)
            freeSlots[slot] = slots - 1 - slot;
    }

    /// <summary>Its place among the replicas, from 0.</summary>
    public int Number { get; }

    /// <summary>How it schedules, and what its cache holds.</summary>
    public EngineOptions Options => options;

    /// <summary>Ticks since the start; the end of the last iteration.</summary>
    public long Clock { get; private set; }

    public ReplicaStatistics Statistics { get; } = new();

    /// <summary>Requests waiting or running.</summary>
    public int Inside => waiting.Count + pending.Count + preempted.Count + prefilling.Count + decoding + coming;

    /// <summary>Bytes of the cache in use on one rank.</summary>
    public long CacheUsed => used;

    /// <summary>Bytes of prompts' blocks that are kept for requests to come.</summary>
    public long CacheKept => (prefixes?.Unused ?? 0) * prefixBytes;

    /// <summary>The requests of the run.</summary>
    public RequestTrace Trace => book.Trace;

    /// <summary>Hashes of the blocks of a request's prompt; empty where the trace has none.</summary>
    public ReadOnlySpan<int> PrefixBlocksOf(int candidate) => book.Trace.PrefixBlocks(candidate);

    /// <summary>How many of a request's first blocks are kept here, in tokens.</summary>
    public int PrefixTokensOf(int candidate)
    {
        if (prefixes is null)
            return 0;
        ReadOnlySpan<int> hashes = Shareable(candidate);
        int found = prefixes.LongestPrefix(hashes, out _);
        return (found + InHost(hashes, found)) * prefixTokens;
    }

    /// <summary>Hands over a request that arrives at <paramref name="time"/>; to an engine of answers, one whose first token was made elsewhere.</summary>
    public void Enqueue(int newRequest, long time)
    {
        if (options.Role != EngineRole.Answers)
            book.Arrive(newRequest, time);
        pending.Add(time, newRequest);
    }

    /// <summary>True where an empty cache holds the engine's part of the request to its end.</summary>
    public bool CanHold(int candidate)
    {
        int tokens = TokensAtEnd(candidate);
        return (Blocks(tokens) * blockBytes) + options.Layout.FixedBytes(tokens, options.BlockTokens) <= options.CacheBytes;
    }

    /// <summary>Runs every iteration that begins before <paramref name="limit"/>.</summary>
    public void AdvanceTo(long limit)
    {
        while (Clock < limit && Step(limit))
        {
            if (options.ChecksInvariants)
                CheckInvariants();
        }
    }

    /// <summary>Runs until nothing is left.</summary>
    public void Drain() => AdvanceTo(long.MaxValue);

    /// <summary>One iteration, or a span of alike ones; false where there is nothing to do before <paramref name="limit"/>.</summary>
    private bool Step(long limit)
    {
        TakeArrivals();
        TakeTransfers();
        TakeIncoming();
        if (decoding + prefilling.Count + waiting.Count + preempted.Count == 0)
            return WaitForNext(limit);

        IterationShape shape = options.Batching.Next(new BatchState(decoding, prefilling.Count, waiting.Count + preempted.Count, options.TokenBudget, decoding * cost.Queries));
        int chunks = 0;
        isHeld = HoldsBack();
        if (!isHeld && shape.PrefillTokens > 0 && prefilling.Count + waiting.Count + preempted.Count > 0)
            chunks = PlanPrefill(shape);
        // All may have been let in without a prompt to work on: theirs comes from elsewhere. Who arrives next is held back anew.
        if (waiting.Count + preempted.Count == 0)
            heldSince = -1;
        if (chunks > 0)
            RunPrefill(chunks, shape.Decodes && decoding > 0);
        else if (decoding > 0)
            RunDecodes(limit);
        else
            return WaitForNext(limit);
        return true;
    }

    /// <summary>Nothing can run until a request arrives or blocks do; false where that is not before <paramref name="limit"/>.</summary>
    private bool WaitForNext(long limit)
    {
        long next = Math.Min(pending.NextTime, Math.Min(transfers.NextTime, incoming.NextTime));
        isStuck = waiting.Count + preempted.Count > 0;
        if (next >= limit)
            return false;
        if (next > Clock)
        {
            Statistics.InsideTicks += (Int128)(next - Clock) * InsideNow;
            Clock = next;
        }

        return true;
    }

    /// <summary>Blocks that have got where they were sent.</summary>
    private void TakeTransfers()
    {
        while (transfers.NextTime <= Clock)
            Release(transfers.Take(out _));
    }

    private void TakeArrivals()
    {
        if (!LooksNow)
            return;
        while (pending.NextTime <= Clock)
        {
            int next = pending.Take(out long time);
            if (!CanHold(next))
            {
                // At once, even where it is seen only at the end of an iteration.
                book.Refuse();
                flow?.Refused(this, next, time);
                continue;
            }

            // It has been inside since it arrived, in the middle of an iteration.
            Statistics.InsideTicks += Clock - time;
            waiting.Add(next);
            isStuck = false;
        }
    }

    /// <summary>Tokens of a request that need room until the engine is done with it, those proposed last among them.</summary>
    private int TokensAtEnd(int candidate) =>
        book.Trace.Inputs[candidate] + (options.Role == EngineRole.Prompts ? 0 : book.Trace.Outputs[candidate] + accepted.Tokens);

    private long Blocks(long tokens) => (tokens + options.BlockTokens - 1) / options.BlockTokens;
}
