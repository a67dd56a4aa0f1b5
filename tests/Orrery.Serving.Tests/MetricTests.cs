using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Every figure of a report again from the instants of its requests, as docs/metrics.md defines it.</summary>
public sealed class MetricTests
{
    private static readonly ServingReport Report = Make();

    private static ServingReport Make()
    {
        DataCatalog catalog = DataCatalog.Open(Bench.DataRoot());
        SystemDescription machine = catalog.System("dgx-h100").Value!;
        ServingRequest request = new()
        {
            Model = ModelLoader.Load("llama-3.1-8b", Bench.DataRoot()).Value!,
            System = machine,
            Stack = new ServingCatalog(Bench.DataRoot()).DefaultFor(machine.Chip.Architecture).Value! with { StreamInterval = 3 },
            Chips = 2,
            TensorParallel = 1,
            UsdPerChipHour = 2.5,
            ServiceLevel = ServiceLevel.Parse("ttft=80ms,tpot=12ms,e2e=2s,share=0.01").Value,
            Workload = new ServingWorkload(SyntheticTrace.Create(new GammaArrivals(2), 12, 500, new LengthRange(900, 0.1), new LengthRange(120, 0.001), 1), 0, 0, "test"),
        };
        return ServingRunner.Run(request, new ServingContext(catalog)).Report!;
    }

    private static double Seconds(long ticks) => ticks / RequestTrace.TicksPerSecond;

    private static IEnumerable<(double First, double Each, double End, int Tokens)> Requests()
    {
        RequestBook book = Report.Book;
        for (int request = 0; request < book.Count; request++)
        {
            int tokens = book.Trace.Outputs[request];
            double first = Seconds(book.FirstTokens[request] - book.Arrivals[request]);
            double last = Seconds(book.Finishes[request] - book.Arrivals[request]);
            double each = tokens > 1 ? (last - first) / (tokens - 1) : double.NaN;
            // Three tokens travel together, or all of a shorter answer.
            double held = tokens > 1 ? Math.Min(2, tokens - 1) * each : 0;
            yield return (first + held + Report.ClientDelay, each, last + Report.ClientDelay, tokens);
        }
    }

    private static void Holds(Distribution distribution, IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        distribution.Count.ShouldBe(sorted.Length);
        distribution.Mean.ShouldBe(sorted.Average(), 1e-9);
        distribution.P50.ShouldBe(sorted[(int)Math.Ceiling(0.5 * sorted.Length) - 1], 1e-12);
        distribution.P90.ShouldBe(sorted[(int)Math.Ceiling(0.9 * sorted.Length) - 1], 1e-12);
        distribution.P99.ShouldBe(sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1], 1e-12);
        distribution.Low.ShouldBeLessThan(distribution.Mean);
        distribution.High.ShouldBeGreaterThan(distribution.Mean);
    }

    [Fact]
    public void Latencies_are_between_their_instants()
    {
        Requests().Count(static one => one.Tokens == 1).ShouldBeGreaterThan(0);
        Holds(Report.FirstToken, Requests().Select(static one => one.First));
        Holds(Report.PerToken, Requests().Where(static one => one.Tokens > 1).Select(static one => one.Each));
        Holds(Report.EndToEnd, Requests().Select(static one => one.End));
    }

    [Fact]
    public void Rates_are_over_the_time_from_the_first_request_to_the_last_token()
    {
        RequestBook book = Report.Book;
        double duration = Seconds(book.Finishes.ToArray().Max());
        Report.Duration.Value.ShouldBe(duration, 1e-12);
        Report.RequestsPerSecond.ShouldBe(500 / duration, 1e-9);
        Report.InputTokensPerSecond.ShouldBe(book.Trace.TotalInput / duration, 1e-6);
        Report.OutputTokensPerSecond.ShouldBe(book.Trace.TotalOutput / duration, 1e-6);
        Report.Cost.UsdPerMillionTokens!.Value.ShouldBe(5.0 / 3600 / Report.OutputTokensPerSecond * 1e6, 1e-9);
    }

    [Fact]
    public void A_level_counts_requests_that_keep_every_limit()
    {
        ServiceAttainment attainment = Report.Attainment!;
        attainment.FirstToken!.Value.ShouldBe(Requests().Count(static one => one.First <= 0.08) / 500.0, 1e-12);
        attainment.PerToken!.Value.ShouldBe(Requests().Count(static one => !(one.Each > 0.012)) / 500.0, 1e-12);
        attainment.EndToEnd!.Value.ShouldBe(Requests().Count(static one => one.End <= 2) / 500.0, 1e-12);
        attainment.All.ShouldBe(Requests().Count(static one => one.First <= 0.08 && !(one.Each > 0.012) && one.End <= 2) / 500.0, 1e-12);
    }

    [Fact]
    public void Engines_time_is_theirs_to_the_last_part()
    {
        double busy = Report.Engines.Sum(static engine => Seconds(engine.BusyTicks));
        Report.EngineSeconds.ShouldBe(2 * Report.Duration.Value, 1e-9);
        Report.Utilization.ShouldBe(busy / Report.EngineSeconds, 1e-12);
        Report.Shares.Total.ShouldBe(busy, 1e-6 * busy);
        Report.MeanBatch.ShouldBe(Report.Engines.Sum(static engine => (double)engine.RunningTicks / RequestTrace.TicksPerSecond) / busy, 1e-9);
        Report.CachePeakShare.ShouldBeInRange(Report.CacheMeanShare, 1);
    }
}
