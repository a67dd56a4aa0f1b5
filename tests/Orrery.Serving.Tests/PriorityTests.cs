using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Requests of several classes.</summary>
public sealed class PriorityTests
{
    private static double MeanWait(RequestBook book, int priority)
    {
        double sum = 0;
        int count = 0;
        for (int request = 0; request < book.Count; request++)
        {
            if (book.Trace.PriorityOf(request) != priority)
                continue;
            sum += book.FirstTokens[request] - book.Arrivals[request];
            count++;
        }

        return sum / count / RequestTrace.TicksPerSecond;
    }

    private static RequestTrace Classes(RequestTrace trace, Func<int, int> classOf) =>
        trace.WithPriorities([.. Enumerable.Range(0, trace.Count).Select(request => (byte)classOf(request))]);

    [Fact]
    public void The_first_class_is_admitted_first()
    {
        RequestTrace trace = Classes(Bench.Random(3, rate: 5000), static request => request % 3);
        EngineOptions options = Bench.Options(cacheTokens: 1600, budget: 64);
        RequestBook book = Bench.Run(trace, options).Book;
        MeanWait(book, 0).ShouldBeLessThan(0.6 * MeanWait(book, 1));
        MeanWait(book, 1).ShouldBeLessThan(0.8 * MeanWait(book, 2));
    }

    [Fact]
    public void Within_a_class_nobody_is_overtaken()
    {
        RequestTrace trace = Classes(Bench.Random(3, rate: 5000), static request => request % 2);
        RequestBook book = Bench.Run(trace, Bench.Options(cacheTokens: 1600, budget: 64)).Book;
        for (int request = 2; request < book.Count; request++)
            book.FirstTokens[request].ShouldBeGreaterThanOrEqualTo(book.FirstTokens[request - 2]);
    }

    [Fact]
    public void One_class_is_as_if_there_were_none()
    {
        RequestTrace trace = Bench.Random(3, rate: 5000);
        RequestBook plain = Bench.Run(trace, Bench.Options(cacheTokens: 640)).Book;
        RequestBook classed = Bench.Run(Classes(trace, static _ => 0), Bench.Options(cacheTokens: 640) with { Ageing = 1 }).Book;
        classed.Finishes.SequenceEqual(plain.Finishes).ShouldBeTrue();
    }

    [Fact]
    public void The_lowest_class_loses_its_blocks_first()
    {
        // All come at once and fit as prompts; as they grow one has to go.
        RequestTraceBuilder builder = new();
        for (int request = 0; request < 4; request++)
            builder.Add(request, 64, 80);
        RequestTrace trace = Classes(builder.ToTrace(), static request => request == 1 ? 1 : 0);
        (RequestBook book, Replica[] engines) = Bench.Run(trace, Bench.Options(cacheTokens: 16 * 22) with { Watermark = 0 });
        engines[0].Statistics.Preemptions.ShouldBeGreaterThan(0);
        // Without classes the newest, request 3, would be last.
        book.Finishes[1].ShouldBe(book.Finishes.ToArray().Max());
        (RequestBook plain, _) = Bench.Run(builder.ToTrace(), Bench.Options(cacheTokens: 16 * 22) with { Watermark = 0 });
        plain.Finishes[3].ShouldBe(plain.Finishes.ToArray().Max());
    }

    /// <summary>One request of the last class among many of the first, which keep an engine full for long.</summary>
    private static RequestBook Flood(double ageing)
    {
        RequestTraceBuilder builder = new();
        for (int request = 0; request < 2000; request++)
            builder.Add(request * 200_000_000L, 300, 20);
        RequestTrace trace = Classes(builder.ToTrace(), static request => request == 100 ? 2 : 0);
        return Bench.Run(trace, Bench.Options(budget: 64, batch: 8) with { Ageing = (long)(ageing * RequestTrace.TicksPerSecond) }).Book;
    }

    [Fact]
    public void Strict_classes_let_the_last_starve_while_the_first_keep_the_engine_full()
    {
        RequestBook book = Flood(0);
        book.FirstTokens[100].ShouldBeGreaterThan(book.FirstTokens[1999]);
    }

    [Fact]
    public void With_ageing_nobody_is_overtaken_by_those_that_come_later_than_the_head_start()
    {
        const double Ageing = 0.02;
        RequestBook book = Flood(Ageing);
        long bound = book.Arrivals[100] + (long)(2 * Ageing * RequestTrace.TicksPerSecond);
        for (int request = 0; request < book.Count; request++)
        {
            if (book.Arrivals[request] > bound)
                book.FirstTokens[request].ShouldBeGreaterThanOrEqualTo(book.FirstTokens[100]);
        }

        book.FirstTokens[100].ShouldBeLessThan(book.FirstTokens[1999]);
    }

    [Fact]
    public void With_ageing_the_oldest_is_never_preempted_for_younger_ones()
    {
        // One of the last class, old enough, in a cache that is always short.
        RequestTraceBuilder builder = new();
        for (int request = 0; request < 600; request++)
            builder.Add(request * 1_000_000_000L, 64, 60);
        RequestTrace trace = Classes(builder.ToTrace(), static request => request == 0 ? 1 : 0);
        EngineOptions options = Bench.Options(cacheTokens: 640) with { Watermark = 0 };
        RequestBook strict = Bench.Run(trace, options).Book;
        RequestBook ageing = Bench.Run(trace, options with { Ageing = 1 }).Book;
        strict.Finishes[0].ShouldBeGreaterThan(ageing.Finishes[0]);
        ageing.Finishes[0].ShouldBe(ageing.Finishes.ToArray().Min());
    }
}
