using Orrery.Engine;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Prompts that begin alike, with and without room to keep them.</summary>
public sealed class PrefixCacheTests
{
    private static RequestTrace Mooncake() =>
        TraceReader.Read(Path.Combine(Bench.DataRoot(), "traces", "mooncake-fast25-conversation.jsonl.gz"), TraceLimits.Default).Value!;

    /// <summary>What a cache without end would find: the longest run of first blocks that any earlier prompt had, whole blocks before the last token.</summary>
    private static (long Hits, long Tokens) Oracle(RequestTrace trace)
    {
        HashSet<int> seen = [];
        long hits = 0;
        for (int request = 0; request < trace.Count; request++)
        {
            int whole = Math.Min(trace.PrefixBlocks(request).Length, (trace.Inputs[request] - 1) / trace.PrefixBlockTokens);
            int found = 0;
            while (found < whole && seen.Contains(trace.PrefixBlocks(request)[found]))
                found++;
            hits += (long)found * trace.PrefixBlockTokens;
            for (int block = 0; block < whole; block++)
                seen.Add(trace.PrefixBlocks(request)[block]);
        }

        return (hits, trace.TotalInput);
    }

    private static Replica[] Run(RequestTrace trace, int cacheTokens, bool caches = true, int engines = 1, Router? router = null, bool stepsSingly = false) =>
        Bench.Run(trace, Bench.Options(cacheTokens, budget: 8192, stepsSingly: stepsSingly) with { CachesPrefixes = caches }, engines, router).Engines;

    private static double HitShare(Replica[] engines) =>
        engines.Sum(static engine => (double)engine.Statistics.PrefixTokens) / engines.Sum(static engine => (double)engine.Statistics.PromptTokens);

    /// <summary>Conversations of several turns, each with the prompt of the last and more, over one instruction.</summary>
    private static RequestTrace Conversations(ulong seed, int count = 300)
    {
        RandomStream random = RandomStream.Create(seed, "conversations");
        RequestTraceBuilder builder = new(512);
        int[] turns = new int[20];
        for (int request = 0; request < count; request++)
        {
            int conversation = random.NextInt(turns.Length);
            int blocks = 1 + ++turns[conversation];
            int[] hashes = [0, .. Enumerable.Range(1, blocks - 1).Select(block => (conversation * 1000) + block)];
            builder.Add(request * 20_000_000_000L, (blocks * 512) - random.NextInt(500), 1 + random.NextInt(40), hashes);
            if (blocks > 6)
                turns[conversation] = 0;
        }

        return builder.ToTrace();
    }

    [Fact]
    public void With_room_for_all_the_hits_are_those_of_an_oracle()
    {
        RequestTrace trace = Mooncake();
        (long hits, long tokens) = Oracle(trace);
        Replica engine = Run(trace, 1 << 30)[0];
        engine.Statistics.PrefixTokens.ShouldBe(hits);
        engine.Statistics.PromptTokens.ShouldBe(tokens);
        HitShare([engine]).ShouldBeInRange(0.2, 0.6);
    }

    [Fact]
    public void More_memory_never_finds_less()
    {
        RequestTrace trace = Mooncake();
        double last = 0;
        foreach (int tokens in (ReadOnlySpan<int>)[300_000, 1_000_000, 4_000_000, 16_000_000, 1 << 30])
        {
            double share = HitShare(Run(trace, tokens));
            share.ShouldBeGreaterThanOrEqualTo(last, $"{tokens}");
            last = share;
        }

        last.ShouldBeGreaterThan(HitShare(Run(trace, 300_000)));
    }

    [Fact]
    public void Nothing_is_found_where_it_is_forbidden() => HitShare(Run(Conversations(1), 1 << 24, caches: false)).ShouldBe(0);

    [Fact]
    public void Text_that_nobody_worked_on_is_not_found()
    {
        // The first needs a block while the second's prompt is half worked on: it loses its blocks, and keeps those of the half alone.
        RequestTraceBuilder builder = new(512);
        builder.Add(0, 505, 30, []);
        builder.Add(1, 2560, 1, [1, 2, 3, 4, 5]);
        RequestTrace trace = builder.ToTrace();
        ReplicaStatistics statistics = Bench.Run(trace, Bench.Options(192 * 16, budget: 256) with { CachesPrefixes = true, Watermark = 0 }).Engines[0].Statistics;
        statistics.Preemptions.ShouldBe(1);
        statistics.PrefixTokens.ShouldBe(3 * 512);
        statistics.PrefilledTokens.ShouldBeGreaterThanOrEqualTo(trace.TotalInput);
    }

    [Fact]
    public void What_is_found_is_not_worked_on_again()
    {
        RequestTrace trace = Conversations(2);
        Replica with = Run(trace, 1 << 24)[0];
        Replica without = Run(trace, 1 << 24, caches: false)[0];
        with.Statistics.PrefilledTokens.ShouldBe(trace.TotalInput - with.Statistics.PrefixTokens);
        without.Statistics.PrefilledTokens.ShouldBe(trace.TotalInput);
        with.Statistics.BusyTicks.ShouldBeLessThan(without.Statistics.BusyTicks);
    }

    [Theory]
    [InlineData(6_000)]
    [InlineData(12_000)]
    [InlineData(1 << 24)]
    public void Blocks_taken_are_given_back_or_kept(int tokens)
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            Replica engine = Run(Conversations(seed), tokens)[0];
            (engine.Statistics.BytesTaken - engine.Statistics.BytesReturned).ShouldBe(engine.CacheKept);
            engine.CacheUsed.ShouldBe(engine.CacheKept);
            engine.Statistics.CachePeak.ShouldBeLessThanOrEqualTo(Bench.Options(tokens).CacheBytes);
        }
    }

    [Fact]
    public void Alike_iterations_run_together_end_when_they_would_one_by_one()
    {
        for (ulong seed = 0; seed < 5; seed++)
        {
            Replica together = Run(Conversations(seed), 8_000)[0];
            Replica singly = Run(Conversations(seed), 8_000, stepsSingly: true)[0];
            (together.Clock, together.Statistics.PrefixTokens, together.Statistics.Preemptions).ShouldBe((singly.Clock, singly.Statistics.PrefixTokens, singly.Statistics.Preemptions));
        }
    }

    [Fact]
    public void A_router_that_looks_at_prefixes_finds_more_than_one_that_does_not()
    {
        RequestTrace trace = Conversations(4);
        double turns = HitShare(Run(trace, 1 << 24, engines: 4));
        HitShare(Run(trace, 1 << 24, engines: 4, router: new PrefixAware())).ShouldBeGreaterThan(turns);
        HitShare(Run(trace, 1 << 24, engines: 4, router: new Sticky())).ShouldBeGreaterThan(turns);
    }
}
