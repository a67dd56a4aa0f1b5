namespace Orrery.Serving;

/// <content>
/// Blocks in the host's memory: of sequences that were swapped out, and of prompts that the device had no more room for. Both go over the host link.
/// </content>
/// <remarks>
/// What is swapped out goes at once, since its room is needed in the next iteration, and the engine waits for it. What comes back comes beside the work of
/// others, one after the other, and its sequence runs on when it is here. Blocks of prompts are written to the host as they are evicted; the link's other direction
/// is their own, and nobody waits.
/// </remarks>
public sealed partial class Replica
{
    private readonly WaitingLine waiting;

    // Requests that lost their cache; the last comes back first.
    private readonly List<Preempted> preempted = [];

    // Blocks of prompts in the host's memory; null where there is no such memory.
    private readonly PrefixCache? hostPrefixes;

    // Bytes in the host's memory that a slot waits for.
    private readonly long[] hostHeld;
    private long swapped;

    // Blocks that were taken from one may do for another that comes before it.
    private bool isUnsettled;
    private long linkFree;

    /// <summary>Bytes of the host's memory in use, for one rank.</summary>
    public long HostUsed => swapped + ((hostPrefixes?.Count ?? 0) * prefixBytes);

    /// <summary>Requests inside the engine now.</summary>
    private int InsideNow => waiting.Count + preempted.Count + prefilling.Count + decoding + coming;

    private long LinkTicks(long bytes) => (long)Math.Ceiling(bytes / options.HostRate * RequestTrace.TicksPerSecond);

    /// <summary>Takes the cache of sequences until those left have their next blocks: of the newest, with classes of the lowest class's newest.</summary>
    private void PreemptUntilOneFits()
    {
        while (!HasBlocksForOne())
        {
            int victim = Victim();
            bool isPrompt = phase[victim] == Prefilling;
            if (isPrompt && !waiting.HasClasses)
                prefilling.TakeLast();
            else if (isPrompt)
                prefilling.Remove(victim);

            // What it had generated is worked on again as part of its prompt, unless it is kept elsewhere.
            int had = GeneratedOf(victim);
            long tokens = isPrompt ? 0 : TokensOf(victim);
            long bytes = isPrompt ? 0 : SwapOut((Blocks(tokens) * blockBytes) + fixedBytes[victim]);
            Return(new Preempted(request[victim], had, bytes > 0 ? (int)tokens : 0, bytes));
            Statistics.Preemptions++;
            Release(victim);
            isUnsettled = waiting.HasClasses;
        }
    }

    private int Victim()
    {
        if (prefilling.Count > 0 && !waiting.HasClasses)
            return prefilling[prefilling.Count - 1];
        int newest = -1;
        for (int slot = 0; slot < phase.Length; slot++)
        {
            if (phase[slot] != Decoding && (phase[slot] != Prefilling || !waiting.HasClasses))
                continue;
            if (newest < 0 || (waiting.HasClasses ? waiting.IsBefore(request[newest], request[slot]) : order[slot] > order[newest]))
                newest = slot;
        }

        return newest;
    }

    /// <summary>Puts one that lost its blocks where its turn is.</summary>
    private void Return(in Preempted one)
    {
        int place = preempted.Count;
        while (waiting.HasClasses && place > 0 && waiting.IsBefore(preempted[place - 1].Request, one.Request))
            place--;
        preempted.Insert(place, one);
    }

    /// <summary>True where one that lost its blocks comes before all that wait.</summary>
    private bool ComesAgain() =>
        preempted.Count > 0 && (!waiting.HasClasses || waiting.Count == 0 || waiting.IsBefore(preempted[^1].Request, waiting.Next));

    /// <summary>Moves blocks to the host while the engine waits; 0 where they are not kept there.</summary>
    private long SwapOut(long bytes)
    {
        if (!options.Swaps || swapped + bytes > options.HostBytes)
            return 0;
        swapped += bytes;
        ShrinkHost();
        Statistics.SwappedOut += bytes;
        long ticks = LinkTicks(bytes);
        Clock += ticks;
        Statistics.BusyTicks += ticks;
        Statistics.InsideTicks += (Int128)ticks * InsideNow;
        Statistics.CacheByteTicks += (double)ticks * used;
        Statistics.Shares.HostLink += ticks / RequestTrace.TicksPerSecond;
        return bytes;
    }

    /// <summary>Brings blocks from the host into a slot that has room for them; the sequence goes on when they are here.</summary>
    private void Fetch(int slot, long bytes, long kept)
    {
        linkFree = Math.Max(linkFree, Clock) + LinkTicks(bytes);
        hostHeld[slot] = kept;
        phase[slot] = Coming;
        coming++;
        incoming.Add(linkFree, slot);
        Statistics.Fetched += bytes;
    }

    /// <summary>What a slot waited for is here.</summary>
    private void LeaveHost(int slot)
    {
        swapped -= hostHeld[slot];
        Statistics.SwappedIn += hostHeld[slot];
        hostHeld[slot] = 0;
    }

    /// <summary>Blocks of a prompt behind the first <paramref name="found"/> that the host has.</summary>
    private int InHost(ReadOnlySpan<int> hashes, int found)
    {
        int more = 0;
        while (hostPrefixes is not null && found + more < hashes.Length && hostPrefixes.Holds(hashes[found + more]))
            more++;
        return more;
    }

    /// <summary>Drops the block of a prompt that was unused longest from the device, into the host's memory where there is any.</summary>
    private void Evict()
    {
        int hash = prefixes!.Evict();
        used -= prefixBytes;
        Statistics.BytesReturned += prefixBytes;
        if (hostPrefixes is null)
            return;
        hostPrefixes.Keep(hash);
        ShrinkHost();
    }

    private void ShrinkHost()
    {
        while (hostPrefixes is { Count: > 0 } && HostUsed > options.HostBytes)
            hostPrefixes.Evict();
    }

    /// <summary>A request that lost its cache.</summary>
    /// <param name="Generated">Tokens of its answer that it has.</param>
    /// <param name="Tokens">Tokens whose keys and values the host keeps; 0 where they are worked on again.</param>
    /// <param name="HostBytes">What they take there.</param>
    private readonly record struct Preempted(int Request, int Generated, int Tokens, long HostBytes);
}
