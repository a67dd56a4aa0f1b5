using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Engines that work on a part of each request only.</summary>
public sealed class EngineRoleTests
{
    private const long Transfer = 20_000_000_000;

    /// <summary>Hands each prompt to another engine, a fixed time later.</summary>
    private sealed class Onward(Replica answers) : RequestFlow
    {
        public int Handed { get; private set; }

        public override long HandOver(Replica engine, int request, long time)
        {
            Handed++;
            answers.Enqueue(request, time + Transfer);
            return time + Transfer;
        }
    }

    private static (RequestBook Book, Replica Prompts, Replica Answers, int Handed) Run(RequestTrace trace, int promptCache, int answerCache, bool stepsSingly = false, Func<EngineOptions, EngineOptions>? change = null)
    {
        RequestBook book = new(trace);
        change ??= static options => options;
        EngineOptions answering = change(Bench.Options(answerCache, stepsSingly: stepsSingly) with { Role = EngineRole.Answers });
        IterationCost cost = Bench.Cost(proposed: answering.Speculation.Tokens);
        Replica answers = new(1, book, cost, answering);
        Onward flow = new(answers);
        Replica prompts = new(0, book, cost, change(Bench.Options(promptCache, stepsSingly: stepsSingly) with { Role = EngineRole.Prompts }), flow);
        for (int request = 0; request < trace.Count; request++)
            prompts.Enqueue(request, trace.Arrivals[request]);
        prompts.Drain();
        answers.Drain();
        return (book, prompts, answers, flow.Handed);
    }

    [Theory]
    [InlineData(3, false, 1)]
    [InlineData(0, true, 1)]
    [InlineData(3, true, 3)]
    public void Engines_of_parts_propose_swap_and_know_classes_too(int proposed, bool swaps, int classes)
    {
        RequestTrace trace = Bench.Varied(Bench.Random(13, rate: 2000), 13, classes, families: 0);
        EngineOptions Change(EngineOptions options) => options with
        {
            Speculation = new AcceptedTokens(proposed, 0.7, 3),
            Swaps = swaps,
            HostBytes = 1 << 30,
            HostRate = 1e10,
        };

        (RequestBook book, Replica prompts, Replica answers, _) = Run(trace, 700, 700, change: Change);
        (RequestBook singly, _, _, _) = Run(trace, 700, 700, stepsSingly: true, change: Change);
        book.Finished.ShouldBe(trace.Count);
        book.Finishes.SequenceEqual(singly.Finishes).ShouldBeTrue();
        (prompts.Statistics.GeneratedTokens + answers.Statistics.GeneratedTokens).ShouldBe(trace.TotalOutput);
        answers.Statistics.Preemptions.ShouldBeGreaterThan(0);
        (answers.Statistics.SwappedOut > 0).ShouldBe(swaps);
        answers.Statistics.SwappedIn.ShouldBe(answers.Statistics.SwappedOut);
        foreach (Replica engine in new[] { prompts, answers })
        {
            engine.CacheUsed.ShouldBe(0);
            engine.Statistics.BytesTaken.ShouldBe(engine.Statistics.BytesReturned);
        }
    }

    [Theory]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData(320, 1 << 20)]
    [InlineData(640, 640)]
    public void Every_token_is_made_by_one_of_the_two_engines_and_every_block_given_back(int promptCache, int answerCache)
    {
        RequestTrace trace = Bench.Random(7, rate: 2000);
        (RequestBook book, Replica prompts, Replica answers, int handed) = Run(trace, promptCache, answerCache);
        book.Refused.ShouldBe(0);
        book.Finished.ShouldBe(trace.Count);
        prompts.Statistics.GeneratedTokens.ShouldBe(trace.Count);
        (prompts.Statistics.GeneratedTokens + answers.Statistics.GeneratedTokens).ShouldBe(trace.TotalOutput);
        handed.ShouldBe(trace.Outputs.ToArray().Count(static tokens => tokens > 1));
        foreach (Replica engine in new[] { prompts, answers })
        {
            engine.CacheUsed.ShouldBe(0);
            engine.Statistics.BytesTaken.ShouldBe(engine.Statistics.BytesReturned);
        }

        if (answers.Statistics.Preemptions == 0)
            answers.Statistics.PrefilledTokens.ShouldBe(0);
    }

    [Fact]
    public void A_sequence_decodes_where_it_was_handed_to_from_when_it_is_there()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 100, 5);
        IterationCost cost = Bench.Cost();
        (RequestBook book, _, _, _) = Run(builder.ToTrace(), 1 << 20, 1 << 20);
        double decodes = 4 * cost.Decode(1, 1).Total;
        ((book.Finishes[0] - book.FirstTokens[0] - Transfer) / RequestTrace.TicksPerSecond).ShouldBe(decodes, 1e-11);
    }

    [Fact]
    public void Prompts_wait_for_the_blocks_of_those_that_are_on_their_way()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 160, 5);
        builder.Add(0, 160, 5);
        (RequestBook narrow, _, _, _) = Run(builder.ToTrace(), 170, 1 << 20);
        (RequestBook wide, _, _, _) = Run(builder.ToTrace(), 1 << 20, 1 << 20);
        narrow.FirstTokens[1].ShouldBeGreaterThan(narrow.FirstTokens[0] + Transfer);
        wide.FirstTokens[1].ShouldBeLessThan(wide.FirstTokens[0] + Transfer);
    }

    [Fact]
    public void Both_engines_run_alike_iterations_together_to_the_same_instants()
    {
        RequestTrace trace = Bench.Random(11, rate: 2000);
        RequestBook together = Run(trace, 640, 640).Book;
        RequestBook singly = Run(trace, 640, 640, stepsSingly: true).Book;
        together.Finishes.SequenceEqual(singly.Finishes).ShouldBeTrue();
    }

    /// <summary>Tells both engines the instants of a transfer only once the engine of answers has room.</summary>
    private sealed class Pulled : RequestFlow
    {
        public Replica? Prompts { get; set; }

        public Replica? Answers { get; set; }

        public override long HandOver(Replica engine, int request, long time)
        {
            Answers!.Enqueue(request, time);
            return Unknown;
        }

        public override long Receive(Replica engine, int request, long time)
        {
            Prompts!.Leaves(request, time + Transfer);
            return time + Transfer;
        }
    }

    private static (RequestBook Book, Replica Prompts, Replica Answers) Pull(RequestTrace trace, int promptCache, int answerCache, bool answersBegin, bool stepsSingly = false)
    {
        RequestBook book = new(trace);
        IterationCost cost = Bench.Cost();
        Pulled flow = new();
        EngineOptions own = Bench.Options(answerCache, stepsSingly: stepsSingly) with { Role = EngineRole.Answers, AnswersBegin = answersBegin };
        flow.Answers = new Replica(1, book, cost, own, flow);
        flow.Prompts = new Replica(0, book, cost, own with { Role = EngineRole.Prompts, CacheBytes = Bench.Options(promptCache).CacheBytes }, flow);
        for (int request = 0; request < trace.Count; request++)
            flow.Prompts.Enqueue(request, trace.Arrivals[request]);
        Replica[] engines = [flow.Prompts, flow.Answers];
        while (true)
        {
            Replica next = engines[0].NextTime <= engines[1].NextTime ? engines[0] : engines[1];
            if (next.NextTime == long.MaxValue)
                break;
            next.StepOnce(Math.Max(next.NextTime + 1, engines[0].NextTime));
        }

        return (book, flow.Prompts, flow.Answers);
    }

    [Theory]
    [InlineData(1 << 20, 1 << 20, false)]
    [InlineData(1 << 20, 1 << 20, true)]
    [InlineData(320, 640, false)]
    [InlineData(320, 640, true)]
    [InlineData(320, 400, true)]
    public void Room_found_late_keeps_blocks_of_prompts_and_loses_none(int promptCache, int answerCache, bool answersBegin)
    {
        RequestTrace trace = Bench.Random(7, rate: 2000);
        (RequestBook book, Replica prompts, Replica answers) = Pull(trace, promptCache, answerCache, answersBegin);
        book.Finished.ShouldBe(trace.Count);
        (prompts.Statistics.GeneratedTokens + answers.Statistics.GeneratedTokens).ShouldBe(trace.TotalOutput);
        prompts.Statistics.GeneratedTokens.ShouldBe(answersBegin ? 0 : trace.Count);
        foreach (Replica engine in new[] { prompts, answers })
        {
            engine.CacheUsed.ShouldBe(0);
            engine.Inside.ShouldBe(0);
            engine.Statistics.BytesTaken.ShouldBe(engine.Statistics.BytesReturned);
        }

        for (int request = 0; request < trace.Count; request++)
            book.FirstTokens[request].ShouldBeInRange(book.Arrivals[request], book.Finishes[request]);
        Pull(trace, promptCache, answerCache, answersBegin, stepsSingly: true).Book.Finishes.SequenceEqual(book.Finishes).ShouldBeTrue();
    }

    [Fact]
    public void An_engine_of_answers_that_begins_them_makes_the_first_token_one_iteration_after_the_transfer()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 100, 5);
        IterationCost cost = Bench.Cost();
        double decode = cost.Decode(1, 1).Total;
        RequestBook own = Pull(builder.ToTrace(), 1 << 20, 1 << 20, answersBegin: true).Book;
        RequestBook given = Pull(builder.ToTrace(), 1 << 20, 1 << 20, answersBegin: false).Book;
        ((own.FirstTokens[0] - given.FirstTokens[0] - Transfer) / RequestTrace.TicksPerSecond).ShouldBe(decode, 1e-11);
        ((own.Finishes[0] - given.Finishes[0]) / RequestTrace.TicksPerSecond).ShouldBe(decode, 1e-11);
    }
}
