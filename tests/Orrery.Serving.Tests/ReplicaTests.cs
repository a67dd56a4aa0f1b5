using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>What one engine does, worked out by hand.</summary>
public sealed class ReplicaTests
{
    private const double Second = RequestTrace.TicksPerSecond;

    private static RequestTrace Trace(params (double Arrival, int Input, int Output)[] requests)
    {
        RequestTraceBuilder builder = new();
        foreach ((double arrival, int input, int output) in requests)
            builder.Add((long)(arrival * Second), input, output);
        return builder.ToTrace();
    }

    [Fact]
    public void A_request_alone_takes_its_prompt_and_one_iteration_a_token()
    {
        IterationCost cost = Bench.Cost();
        (RequestBook book, _) = Bench.Run(Trace((0, 100, 5)), Bench.Options(), cost: cost);
        double prompt = cost.Mixed(0, 0, 100, cost.Times.Prefill(100, 0), 1).Total;
        double decodes = cost.Decode(1, 1).Total * 4;
        (book.FirstTokens[0] / Second).ShouldBe(prompt, 1e-11);
        (book.Finishes[0] / Second).ShouldBe(prompt + decodes, 1e-11);
    }

    [Fact]
    public void A_prompt_longer_than_the_budget_takes_several_iterations()
    {
        Bench.Run(Trace((0, 1200, 1)), Bench.Options(budget: 512)).Engines[0].Statistics.PrefillIterations.ShouldBe(3);
        Bench.Run(Trace((0, 1200, 1)), Bench.Options(budget: 2048)).Engines[0].Statistics.PrefillIterations.ShouldBe(1);
    }

    [Fact]
    public void Ranks_that_attend_for_different_sequences_each_work_on_a_prompt_of_their_own()
    {
        // Two long prompts and a short one behind them: of 512 tokens an iteration each of four ranks takes 128.
        RequestTrace trace = Trace((0, 1024, 1), (0, 1024, 1), (0, 100, 1));
        (RequestBook split, Replica[] engines) = Bench.Run(trace, Bench.Options(budget: 512) with { AttentionRanks = 4 });
        engines[0].Statistics.PrefillIterations.ShouldBe(8);
        split.FirstTokens[2].ShouldBeLessThan(split.FirstTokens[0]);
        (RequestBook one, _) = Bench.Run(trace, Bench.Options(budget: 512));
        one.FirstTokens[2].ShouldBeGreaterThan(one.FirstTokens[1]);
    }

    [Fact]
    public void Mixed_iterations_go_on_decoding_where_separate_ones_stand_still()
    {
        RequestTrace trace = Trace((0, 64, 200), (0.001, 4000, 2));
        (RequestBook mixed, _) = Bench.Run(trace, Bench.Options(budget: 256));
        (RequestBook separate, _) = Bench.Run(trace, Bench.Options(batching: "prefill-first", budget: 256));
        // The second prompt delays every token of the first where decodes stand still, and fewer of its own.
        separate.FirstTokens[1].ShouldBeLessThan(mixed.FirstTokens[1]);
        mixed.Finishes[0].ShouldBeLessThan(separate.Finishes[0]);
    }

    [Fact]
    public void Decode_first_takes_nobody_in_before_its_batch_has_ended()
    {
        (RequestBook book, _) = Bench.Run(Trace((0, 64, 100), (0.001, 64, 2)), Bench.Options(batching: "decode-first"));
        book.FirstTokens[1].ShouldBeGreaterThan(book.Finishes[0]);
        (RequestBook mixed, _) = Bench.Run(Trace((0, 64, 100), (0.001, 64, 2)), Bench.Options());
        mixed.FirstTokens[1].ShouldBeLessThan(mixed.Finishes[0]);
    }

    [Fact]
    public void One_prompt_first_never_joins_two_prompts()
    {
        RequestTrace trace = Trace((0, 64, 2), (0, 64, 2), (0, 64, 2));
        Bench.Run(trace, Bench.Options(batching: "one-prompt-first")).Engines[0].Statistics.PrefillIterations.ShouldBe(3);
        Bench.Run(trace, Bench.Options()).Engines[0].Statistics.PrefillIterations.ShouldBe(1);
    }

    [Fact]
    public void One_chunk_first_cuts_a_long_prompt_and_never_joins_two()
    {
        RequestTrace trace = Trace((0, 1200, 2), (0, 64, 2));
        (RequestBook book, Replica[] engines) = Bench.Run(trace, Bench.Options(batching: "one-chunk-first", budget: 512));
        engines[0].Statistics.PrefillIterations.ShouldBe(4);
        book.FirstTokens[1].ShouldBeGreaterThan(book.FirstTokens[0]);
        Bench.Run(trace, Bench.Options(batching: "prefill-first", budget: 512)).Engines[0].Statistics.PrefillIterations.ShouldBe(3);
    }

    [Fact]
    public void A_full_batch_lets_nobody_in_and_says_so()
    {
        (RequestBook book, Replica[] engines) = Bench.Run(Trace((0, 64, 50), (0, 64, 50)), Bench.Options(batch: 1));
        book.FirstTokens[1].ShouldBeGreaterThan(book.Finishes[0]);
        engines[0].Statistics.WaitingForBatch.ShouldBeGreaterThan(0);
        engines[0].Statistics.WaitingForCache.ShouldBe(0);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0.2, false)]
    public void Admission_leaves_the_watermark_free_for_those_that_run(double watermark, bool isAdmittedAtOnce)
    {
        // Ten blocks: four of each prompt, one that the first needs next, and two of the watermark are one too many.
        RequestTraceBuilder builder = new();
        builder.Add(0, 64, 30);
        builder.Add(1, 64, 2);
        (RequestBook book, _) = Bench.Run(builder.ToTrace(), Bench.Options(cacheTokens: 160) with { Watermark = watermark });
        (book.FirstTokens[1] < book.Finishes[0]).ShouldBe(isAdmittedAtOnce);
    }

    [Fact]
    public void The_newest_loses_its_blocks_so_that_the_oldest_ends_first()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 32, 60);
        builder.Add(1, 32, 60);
        (RequestBook book, Replica[] engines) = Bench.Run(builder.ToTrace(), Bench.Options(cacheTokens: 128));
        engines[0].Statistics.Preemptions.ShouldBeGreaterThan(0);
        book.Finishes[0].ShouldBeLessThan(book.Finishes[1]);
    }

    [Fact]
    public void A_request_that_no_cache_holds_is_refused_and_the_rest_goes_on()
    {
        (RequestBook book, _) = Bench.Run(Trace((0, 2000, 5), (0, 64, 5)), Bench.Options(cacheTokens: 1600));
        book.Refused.ShouldBe(1);
        book.Finishes[0].ShouldBe(RequestBook.Never);
        book.Finishes[1].ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Clients_that_wait_keep_no_more_in_flight_than_there_are()
    {
        const int Clients = 5;
        (RequestBook book, _) = Bench.Run(Bench.Random(2, count: 60), Bench.Options(), clients: Clients);
        for (int request = 0; request < book.Count; request++)
        {
            int inFlight = 0;
            for (int other = 0; other < book.Count; other++)
                inFlight += book.Arrivals[other] <= book.Arrivals[request] && book.Finishes[other] > book.Arrivals[request] ? 1 : 0;
            inFlight.ShouldBeLessThanOrEqualTo(Clients);
        }

        book.Finished.ShouldBe(60);
    }

    [Fact]
    public void The_least_loaded_replica_takes_what_the_turn_would_pile_up()
    {
        // Every other request is long, so taking turns gives one replica all of them.
        (double, int, int)[] requests = [.. Enumerable.Range(0, 80).Select(static place => (place * 0.002, 300, place % 2 == 0 ? 400 : 2))];
        long turns = Bench.Run(Trace(requests), Bench.Options(batch: 4), engines: 2, router: new RoundRobin()).Book.Finishes.ToArray().Max();
        long least = Bench.Run(Trace(requests), Bench.Options(batch: 4), engines: 2, router: new LeastLoaded()).Book.Finishes.ToArray().Max();
        least.ShouldBeLessThan(turns);
    }

    [Fact]
    public void A_cold_engine_pays_once()
    {
        RequestTrace trace = Trace((0, 64, 5));
        long warm = Bench.Run(trace, Bench.Options()).Book.Finishes[0];
        long cold = Bench.Run(trace, Bench.Options() with { ColdStart = (long)(0.5 * Second) }).Book.Finishes[0];
        (cold - warm).ShouldBe((long)(0.5 * Second));
    }

    [Fact]
    public void More_replicas_are_never_slower()
    {
        RequestTrace trace = Bench.Random(9, rate: 2000);
        long one = Bench.Run(trace, Bench.Options(cacheTokens: 1600)).Book.Finishes.ToArray().Max();
        long four = Bench.Run(trace, Bench.Options(cacheTokens: 1600), engines: 4).Book.Finishes.ToArray().Max();
        four.ShouldBeLessThan(one);
    }

    [Fact]
    public void An_engine_that_polls_sees_a_request_at_the_next_look_only()
    {
        RequestTrace trace = Trace((0, 64, 200), (0.00001, 64, 2));
        (RequestBook atOnce, _) = Bench.Run(trace, Bench.Options());
        (RequestBook polled, Replica[] engines) = Bench.Run(trace, Bench.Options() with { Pace = new AdmissionPace { PollIterations = 30 } });
        // It came during the first prompt, after which the engine looks.
        polled.FirstTokens[1].ShouldBe(atOnce.FirstTokens[1]);
        RequestTrace late = Trace((0, 64, 200), (polled.FirstTokens[0] / 1e12 + 1e-9, 64, 2));
        (RequestBook waited, _) = Bench.Run(late, Bench.Options() with { Pace = new AdmissionPace { PollIterations = 30 } });
        (RequestBook soon, _) = Bench.Run(late, Bench.Options());
        long thirty = soon.FirstTokens[1] - soon.FirstTokens[0];
        waited.FirstTokens[1].ShouldBeGreaterThan(soon.FirstTokens[1] + (10 * (thirty / 2)));
        engines[0].Statistics.DecodeIterations.ShouldBeGreaterThan(30);
    }

    [Fact]
    public void Prompts_are_held_back_for_so_many_iterations_or_until_enough_wait()
    {
        RequestTrace trace = Trace((0, 64, 200), (0.0005, 64, 2), (0.0006, 64, 2));
        AdmissionPace pace = new() { HoldIterations = 20 };
        (RequestBook free, _) = Bench.Run(trace, Bench.Options());
        (RequestBook held, _) = Bench.Run(trace, Bench.Options() with { Pace = pace });
        (RequestBook enough, _) = Bench.Run(trace, Bench.Options() with { Pace = pace with { HoldRequests = 2 } });
        (RequestBook full, _) = Bench.Run(trace, Bench.Options() with { Pace = pace with { HoldShare = 0.1 } });
        held.FirstTokens[0].ShouldBe(free.FirstTokens[0]);
        held.FirstTokens[1].ShouldBeGreaterThan(free.FirstTokens[1]);
        // Both were worked on together.
        held.FirstTokens[2].ShouldBe(held.FirstTokens[1]);
        enough.FirstTokens[1].ShouldBeLessThan(held.FirstTokens[1]);
        full.FirstTokens[1].ShouldBe(free.FirstTokens[1]);
    }

    [Fact]
    public void Whole_prompts_wait_for_an_iteration_that_has_room()
    {
        RequestTrace trace = Trace((0, 300, 8), (0, 300, 8));
        (RequestBook cut, Replica[] chunked) = Bench.Run(trace, Bench.Options(batching: "mixed", budget: 400));
        (RequestBook whole, Replica[] together) = Bench.Run(trace, Bench.Options(batching: "mixed-whole", budget: 400));
        chunked[0].Statistics.PrefillIterations.ShouldBe(2);
        together[0].Statistics.PrefillIterations.ShouldBe(2);
        // The second prompt is not begun beside the first.
        whole.FirstTokens[0].ShouldBeLessThan(cut.FirstTokens[0]);
        whole.FirstTokens[1].ShouldBeGreaterThan(whole.FirstTokens[0]);
    }
}
