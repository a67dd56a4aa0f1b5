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

    private static (RequestBook Book, Replica Prompts, Replica Answers, int Handed) Run(RequestTrace trace, int promptCache, int answerCache, bool stepsSingly = false)
    {
        RequestBook book = new(trace);
        IterationCost cost = Bench.Cost();
        Replica answers = new(1, book, cost, Bench.Options(answerCache, stepsSingly: stepsSingly) with { Role = EngineRole.Answers });
        Onward flow = new(answers);
        Replica prompts = new(0, book, cost, Bench.Options(promptCache, stepsSingly: stepsSingly) with { Role = EngineRole.Prompts }, flow);
        for (int request = 0; request < trace.Count; request++)
            prompts.Enqueue(request, trace.Arrivals[request]);
        prompts.Drain();
        answers.Drain();
        return (book, prompts, answers, flow.Handed);
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
}
