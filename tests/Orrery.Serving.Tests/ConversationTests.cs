using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Turns that wait for the answer before them.</summary>
public sealed class ConversationTests
{
    private const int Block = 16;

    private static RequestTrace Made(ulong seed, int requests = 300, double rate = 40, TurnCount? turns = null, double think = 0.05, int shared = 0, int context = 1 << 20) =>
        SyntheticConversations.Create(
            new ConversationShape(turns ?? new GeometricTurns(5), new ExponentialThinking(think), shared), new PoissonArrivals(), rate, requests,
            new LengthRange(200, 0.1), new LengthRange(60, 0.1), context, Block, seed, out _);

    private static (RequestBook Book, Replica[] Engines) Run(
        RequestTrace trace, int engines = 1, Router? router = null, int cacheTokens = 1 << 20, int clients = 0, bool stepsSingly = false, bool caches = true)
    {
        ConversationFlow flow = new(trace, clients, 3_000_000_000);
        RequestBook book = new(trace, waitsForClients: true);
        IterationCost cost = Bench.Cost();
        EngineOptions options = Bench.Options(cacheTokens, stepsSingly: stepsSingly) with { CachesPrefixes = caches };
        Replica[] replicas = [.. Enumerable.Range(0, engines).Select(number => new Replica(number, book, cost, options, flow))];
        flow.Run(replicas, router ?? new RoundRobin());
        return (book, replicas);
    }

    private static double Hits(Replica[] engines) => engines.Sum(static engine => (double)engine.Statistics.PrefixTokens);

    [Fact]
    public void A_prompt_is_the_history_and_new_tokens()
    {
        RequestTrace trace = Made(1, shared: 100);
        ConversationLinks turns = trace.Conversations!;
        for (int request = 0; request < trace.Count; request++)
        {
            int before = turns.IsFollowUp(request) ? trace.Inputs[request - 1] + trace.Outputs[request - 1] : 100;
            (trace.Inputs[request] - before).ShouldBeInRange(20, 200);
            trace.PrefixBlocks(request).Length.ShouldBe((trace.Inputs[request] + trace.Outputs[request]) / Block);
            if (turns.IsFollowUp(request))
                trace.PrefixBlocks(request)[..trace.PrefixBlocks(request - 1).Length].SequenceEqual(trace.PrefixBlocks(request - 1)).ShouldBeTrue();
        }

        int[] first = [.. Enumerable.Range(0, trace.Count).Where(request => !turns.IsFollowUp(request))];
        // What all share is six whole blocks; the seventh is of each conversation alone.
        trace.PrefixBlocks(first[0])[..6].SequenceEqual(trace.PrefixBlocks(first[1])[..6]).ShouldBeTrue();
        trace.PrefixBlocks(first[0])[6].ShouldNotBe(trace.PrefixBlocks(first[1])[6]);
    }

    [Fact]
    public void Conversations_have_the_turns_they_are_asked_for()
    {
        Made(2, 1000, turns: new FixedTurns(4)).Conversations!.Count.ShouldBe(250);
        (100_000.0 / Made(2, 100_000, turns: new GeometricTurns(4)).Conversations!.Count).ShouldBe(4, 0.1);
        Made(2, 50, turns: new FixedTurns(1)).Conversations.ShouldBeNull();
    }

    [Fact]
    public void A_conversation_ends_where_a_turn_would_pass_the_context()
    {
        RequestTrace trace = Made(3, 500, turns: new FixedTurns(50), context: 1000);
        for (int request = 0; request < trace.Count; request++)
            (trace.Inputs[request] + trace.Outputs[request]).ShouldBeLessThanOrEqualTo(1000);
        trace.Conversations!.Count.ShouldBeGreaterThan(50);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void A_turn_comes_its_pause_after_the_answer(int clients)
    {
        RequestTrace trace = Made(4);
        RequestBook book = Run(trace, engines: 3, clients: clients).Book;
        book.Finished.ShouldBe(trace.Count);
        for (int request = 0; request < trace.Count; request++)
        {
            if (trace.Conversations!.IsFollowUp(request))
                book.Arrivals[request].ShouldBe(book.Finishes[request - 1] + trace.Conversations.Pause(request));
            else if (clients == 0)
                book.Arrivals[request].ShouldBe(trace.Arrivals[request]);
        }
    }

    [Fact]
    public void People_have_one_conversation_at_a_time()
    {
        RequestTrace trace = Made(5);
        RequestBook book = Run(trace, engines: 2, clients: 7).Book;
        List<(long Time, int Change)> changes = [];
        for (int request = 0; request < trace.Count; request++)
        {
            if (!trace.Conversations!.IsFollowUp(request))
                changes.Add((book.Arrivals[request], 1));
            if (trace.Conversations.Next(request) < 0)
                changes.Add((book.Finishes[request], -1));
        }

        int open = 0;
        int most = 0;
        foreach ((_, int change) in changes.OrderBy(static one => one.Time).ThenBy(static one => one.Change))
            most = Math.Max(most, open += change);
        (most, open).ShouldBe((7, 0));
    }

    [Fact]
    public void With_room_for_all_a_turn_finds_its_whole_history()
    {
        RequestTrace trace = Made(6);
        long expected = 0;
        for (int request = 0; request < trace.Count; request++)
        {
            // The last token of the answer before was never worked on, and the prompt's last has to be.
            if (trace.Conversations!.IsFollowUp(request))
                expected += Math.Min(trace.Inputs[request - 1] + trace.Outputs[request - 1] - 1, trace.Inputs[request] - 1) / Block * Block;
        }

        Hits(Run(trace).Engines).ShouldBe(expected);
        Hits(Run(trace, engines: 4, router: new Sticky()).Engines).ShouldBe(expected);
        Hits(Run(trace, caches: false).Engines).ShouldBe(0);
    }

    [Fact]
    public void It_pays_to_send_a_conversation_where_it_was()
    {
        RequestTrace trace = Made(7, turns: new FixedTurns(6));
        double dealt = Hits(Run(trace, engines: 4).Engines);
        double stuck = Hits(Run(trace, engines: 4, router: new Sticky()).Engines);
        double aware = Hits(Run(trace, engines: 4, router: new PrefixAware()).Engines);
        dealt.ShouldBeLessThan(0.7 * stuck);
        aware.ShouldBe(stuck, 0.05 * stuck);
    }

    [Fact]
    public void What_all_share_is_found_by_the_second_conversation()
    {
        RequestTrace trace = Made(8, 2, rate: 1, turns: new FixedTurns(1), shared: 160);
        Bench.Run(trace, Bench.Options() with { CachesPrefixes = true }).Engines[0].Statistics.PrefixTokens.ShouldBe(160);
    }

    [Theory]
    [InlineData(1, 1 << 20)]
    [InlineData(3, 1 << 20)]
    [InlineData(3, 2400)]
    public void Alike_iterations_run_together_end_when_they_would_one_by_one(int engines, int cacheTokens)
    {
        for (ulong seed = 0; seed < 4; seed++)
        {
            foreach (Router router in (Router[])[new RoundRobin(), new LeastLoaded(), new PrefixAware(), new Sticky()])
            {
                RequestTrace trace = Made(seed, 200, turns: new GeometricTurns(3), context: 2000);
                RequestBook together = Run(trace, engines, router, cacheTokens).Book;
                RequestBook singly = Run(trace, engines, router, cacheTokens, stepsSingly: true).Book;
                together.Finishes.SequenceEqual(singly.Finishes).ShouldBeTrue($"{router.Name} {seed}");
                together.FirstTokens.SequenceEqual(singly.FirstTokens).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public void Conversations_of_one_turn_are_served_as_requests_that_come_by_themselves()
    {
        RequestTrace plain = Bench.Random(9, rate: 300);
        RequestTrace single = Bench.Random(9, rate: 300).With(new ConversationLinks([.. Enumerable.Repeat(-1, plain.Count)], []));
        foreach (Router router in (Router[])[new RoundRobin(), new LeastLoaded()])
        {
            RequestBook one = Bench.Run(plain, Bench.Options(), 3, router).Book;
            RequestBook other = Run(single, 3, router).Book;
            other.Finishes.SequenceEqual(one.Finishes).ShouldBeTrue(router.Name);
        }
    }

    [Theory]
    [InlineData(1200)]
    [InlineData(2400)]
    [InlineData(1 << 20)]
    public void Blocks_of_answers_are_given_back_or_kept(int cacheTokens)
    {
        for (ulong seed = 0; seed < 4; seed++)
        {
            RequestTrace trace = Made(seed, 200, context: 1000);
            (RequestBook book, Replica[] engines) = Run(trace, 2, cacheTokens: cacheTokens);
            (book.Finished + book.Refused).ShouldBe(trace.Count);
            foreach (Replica engine in engines)
            {
                (engine.Statistics.BytesTaken - engine.Statistics.BytesReturned).ShouldBe(engine.CacheKept);
                engine.CacheUsed.ShouldBe(engine.CacheKept);
                engine.Statistics.CachePeak.ShouldBeLessThanOrEqualTo(engine.Options.CacheBytes);
            }
        }
    }

    [Fact]
    public void A_recorded_turn_waits_for_the_answer_before_it_and_no_longer()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 100, 400, conversation: 7);
        builder.Add(1000, 100, 10, conversation: 7);
        builder.Add(60L * 1_000_000_000_000, 100, 10, conversation: 7);
        builder.Add(61L * 1_000_000_000_000, 100, 10);
        RequestBook book = Run(builder.ToTrace()).Book;
        book.Arrivals[1].ShouldBe(book.Finishes[0]);
        book.Arrivals[2].ShouldBe(60L * 1_000_000_000_000);
        book.Arrivals[3].ShouldBe(61L * 1_000_000_000_000);
    }
}
