namespace Orrery.Serving;

/// <content>Iterations in which sequences generate, and how they end.</content>
public sealed partial class Replica
{
    /// <summary>The prompt is done and the first token, or after preemption the next, with it.</summary>
    private void BeginDecode(int slot)
    {
        // A token that is thrown away is none.
        if (options.Role != EngineRole.Prompts || !options.AnswersBegin)
        {
            Statistics.GeneratedTokens++;
            log?.Token(Clock);
            if (generated[slot] == 0)
                book.First(request[slot], Clock);
            generated[slot]++;
        }

        Resume(slot);
    }

    /// <summary>A sequence whose prompt is in the cache, and what it generated but the last token, goes on.</summary>
    private void Resume(int slot)
    {
        int rest = book.Trace.Outputs[request[slot]] - generated[slot];
        if (options.Role == EngineRole.Prompts && rest > 0)
        {
            Send(slot);
            return;
        }

        phase[slot] = Decoding;
        decoding++;
        BeginGrowth(slot, rest);
        longestOffset = Math.Max(longestOffset, offset[slot]);
        if (generated[slot] == 0)
            beginning.Add(slot);
        if (rest == 0)
            EndSequence(slot);
        else
            finishing.Add(end[slot], slot);
    }

    private void RunDecodes(long limit)
    {
        if (!HasBlocksForOne())
        {
            PreemptUntilOneFits();
            // Who lost its blocks waits like those who came.
            isHeld = HoldsBack();
        }

        // Room is held for those that come, so even the last may have none.
        if (decoding == 0)
            return;
        int tile = cost.ContextTile(TotalContext, decoding, Longest);
        ref readonly TimeShares known = ref cost.Decode(decoding, tile, out long ticks);
        if (isCold || cost.Buckets is not null)
        {
            TimeShares changed = known;
            ticks = Ticks(ref changed, decoding);
            RunDecodes(limit, ticks, changed);
        }
        else
        {
            RunDecodes(limit, ticks, known);
        }
    }

    private void RunDecodes(long limit, long ticks, in TimeShares shares)
    {
        while (phase[finishing.TopSlot] != Decoding || end[finishing.TopSlot] != finishing.TopIteration)
            finishing.RemoveTop();
        long span = Math.Min(finishing.TopIteration - iteration, IterationsInTile());
        bool isBlocked = waiting.Count + preempted.Count > 0 && !isHeld;
        if (isHeld)
            span = Math.Min(span, heldSince + options.Pace.HoldIterations - iteration);
        if (IsPolling)
            span = Math.Min(span, IterationsUntilLook(ticks));
        // Where nobody overtakes, who comes while the first finds no room changes nothing.
        long horizon = Math.Min((isBlocked && !waiting.HasClasses) || IsPolling ? limit : Math.Min(limit, pending.NextTime), Math.Min(transfers.NextTime, incoming.NextTime));
        if (horizon != long.MaxValue)
            span = Math.Min(span, Math.Max(1, (horizon - Clock + ticks - 1) / ticks));
        // What a switch or a cold start adds is in this one iteration alone.
        if (options.StepsSingly || shares.GraphSwitches > 0 || beginning.Count > 0 || isUnsettled)
            span = 1;
        isUnsettled = false;
        span = TakeBlocks(span);
        if (isBlocked)
        {
            if (freeCount == 0)
                Statistics.WaitingForBatch += span * ticks;
            else
                Statistics.WaitingForCache += span * ticks;
        }

        Spend(ticks, span, InsideNow, decoding, shares);
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

        long ticks = IterationCost.TicksOf(shares);
        if (!isCold)
            return ticks;
        isCold = false;
        // The wait of a cold start is the first iteration's and is over before the next span begins.
        Clock += options.ColdStart;
        Statistics.InsideTicks += (Int128)options.ColdStart * InsideNow;
        Statistics.BusyTicks += options.ColdStart;
        return ticks;
    }

    private void Spend(long ticks, long times, int inside, int running, in TimeShares shares, int prompts = 0, int promptTokens = 0)
    {
        long duration = ticks * times;
        Clock += duration;
        ReplicaStatistics statistics = Statistics;
        statistics.BusyTicks += duration;
        statistics.InsideTicks += (Int128)duration * inside;
        statistics.RunningTicks += (Int128)duration * running;
        statistics.CacheByteTicks += (double)duration * used;
        statistics.Shares.Add(shares, times);
        log?.Span(Clock, ticks, times, running - prompts, prompts, promptTokens, cost.TokensPerIteration, InUse, shares);
        // Before anything ends: clients of refused requests asked again before those whose answer comes now.
        // An engine that polls looks once the iterations are counted.
        if (!IsPolling)
            TakeArrivals();
    }

    private void Advance(long iterations)
    {
        iteration += iterations;
        totalContext += iterations * Growth;
        Statistics.DecodeIterations += iterations;
        if (calendar is null)
            Statistics.GeneratedTokens += iterations * decoding;
        else
            Statistics.SequenceIterations += iterations * decoding;
        TakeFirstTokens();
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
        if (prefixes is not null && book.Trace.BlocksCoverAnswers)
            KeepAnswer(slot);
        Release(slot);
        book.Finish(done, Clock);
        flow?.Ended(this, done, Clock);
    }
}
