using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>A run that is followed is the run of the report, and what is kept of it adds up to the report.</summary>
public sealed class RecordedRunTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Bench.DataRoot());

    private static (ServingReport Report, RecordedRun Run) Recorded(int requests = 400, double rate = 20, int clients = 0, string system = "dgx-h100", double memoryShare = 0, int output = 64, int prompt = 512)
    {
        SystemDescription machine = Catalog.System(system).Value!;
        ServingContext context = new(Catalog);
        ServingStack stack = context.Stacks.DefaultFor(machine.Chip.Architecture).Value!;
        RequestTrace trace = clients > 0
            ? SyntheticTrace.Waiting(requests, new LengthRange(prompt, 0.2), new LengthRange(output, 0.2), 1)
            : SyntheticTrace.Create(new PoissonArrivals(), rate, requests, new LengthRange(prompt, 0.2), new LengthRange(output, 0.2), 1);
        ServingRequest request = new()
        {
            Model = ModelLoader.Load("llama-3.1-8b", Bench.DataRoot()).Value!,
            System = machine,
            Stack = memoryShare > 0 ? stack with { MemoryShare = memoryShare } : stack,
            Chips = 2,
            TensorParallel = 1,
            Workload = new ServingWorkload(trace, clients, 0, "test"),
        };
        ServingReport report = ServingRunner.Run(request, context, hasInterval: false).Report.ShouldNotBeNull();
        return (report, RecordedRun.Of(report, context));
    }

    public static TheoryData<double, int, string, double> Loads() => new()
    {
        { 20, 0, "dgx-h100", 0 },
        { 200, 0, "dgx-h100", 0 },
        { 0, 32, "dgx-h100", 0 },
        { 0.5, 0, "trn2.48xlarge", 0 },
        // A cache so small that sequences are preempted.
        { 200, 0, "dgx-h100", 0.2365 },
    };

    [Theory]
    [MemberData(nameof(Loads))]
    public void Intervals_add_up_to_the_report(double rate, int clients, string system, double memoryShare)
    {
        (ServingReport report, RecordedRun run) = Recorded(rate: rate, clients: clients, system: system, memoryShare: memoryShare);
        (memoryShare > 0).ShouldBe(report.Preemptions > 0);
        for (int request = 0; request < report.Book.Count; request++)
            run.Book.Finishes[request].ShouldBe(report.Book.Finishes[request]);
        ImmutableArray<TimeSeriesPoint> points = TimeSeries.Of(run);
        double seconds = report.Duration.Value;
        points.Length.ShouldBeInRange(100, RunRecorder.MostIntervals);
        points[^1].End.ShouldBe(seconds, 1e-9 * seconds);
        points.Sum(static point => point.Arrivals).ShouldBe(report.Book.Count);
        points.Sum(static point => point.Finished).ShouldBe(report.Requests);
        double Integral(Func<TimeSeriesPoint, double> value) => points.Sum(point => value(point) * (point.End - point.Start));
        Integral(static point => point.OutputTokensPerSecond).ShouldBe(report.OutputTokensPerSecond * seconds, 1e-6 * report.OutputTokensPerSecond * seconds);
        Integral(static point => point.BusyShare).ShouldBe(report.Utilization * seconds, 1e-6 * seconds);
        Integral(static point => point.Running).ShouldBe(report.MeanBatch * report.Utilization * seconds * report.Engines.Length, 1e-6 * report.MeanBatch * seconds * report.Engines.Length);
        Integral(static point => point.ChipPower).ShouldBe(report.Energy.ChipPower.Value * seconds, 5e-3 * report.Energy.ChipPower.Value * seconds, "a chip draws no more than it may, interval by interval");
        if (report.Preemptions == 0)
            Integral(static point => point.InputTokensPerSecond).ShouldBe(report.InputTokensPerSecond * seconds, 1e-6 * report.InputTokensPerSecond * seconds);
        else
            Integral(static point => point.InputTokensPerSecond).ShouldBeGreaterThan(report.InputTokensPerSecond * seconds * 1.001);
        points.ShouldAllBe(static point => point.Running >= 0 && point.Waiting >= 0 && point.CacheShare >= 0 && point.CacheShare <= 1 && point.BusyShare >= 0 && point.BusyShare <= 1 + 1e-9);
        // Little's law over the whole run.
        double inside = 0;
        for (int request = 0; request < run.Book.Count; request++)
            inside += (run.Book.Finishes[request] - run.Book.Arrivals[request]) / RequestTrace.TicksPerSecond;
        Integral(static point => point.Running + point.Waiting).ShouldBe(inside, 0.02 * inside);
    }

    [Fact]
    public void Parts_of_the_time_are_all_listed_once()
    {
        TimeShares shares = default;
        shares.Add(new TimeShares { DecodeProducts = 1, DecodeAttention = 2, PrefillProducts = 4, PrefillAttention = 8, Images = 16, Collectives = 32, Kernels = 64, Draft = 128, Host = 256, HostLink = 512, GraphSwitches = 1024, MatrixBusy = 7, MemoryBytes = 9 }, 1);
        TimePart.All.Sum(part => part.Of(shares)).ShouldBe(shares.Total);
        TimePart.All.Select(part => part.Of(shares)).Distinct().Count().ShouldBe(TimePart.All.Length);
        shares.Total.ShouldBe((1 << TimePart.All.Length) - 1);
    }

    [Fact]
    public void Bars_of_an_engine_lie_one_behind_the_other_and_hold_every_iteration()
    {
        (ServingReport report, RecordedRun run) = Recorded();
        foreach (EngineLog engine in run.Recorder.Engines)
        {
            for (int bar = 1; bar < engine.Bars.Count; bar++)
                engine.Bars[bar].Start.ShouldBeGreaterThanOrEqualTo(engine.Bars[bar - 1].End);
            ReplicaStatistics statistics = report.Engines[engine.Number];
            engine.Bars.Sum(static bar => bar.PromptIterations).ShouldBe(statistics.PrefillIterations);
            engine.Bars.Sum(static bar => bar.PromptTokens).ShouldBe(statistics.PrefilledTokens);
            engine.Bars.Sum(static bar => bar.End - bar.Start).ShouldBe(statistics.BusyTicks);
        }

        for (int request = 0; request < run.Book.Count; request++)
            run.Recorder.Admissions[request].ShouldBeInRange(run.Book.Arrivals[request], run.Book.FirstTokens[request]);
    }

    [Fact]
    public void A_long_run_is_folded_into_so_many_bars_and_every_so_many_requests()
    {
        (ServingReport report, RecordedRun run) = Recorded(requests: 60_000, rate: 30, output: 32, prompt: 64);
        long bars = run.Recorder.Engines.Sum(static engine => (long)engine.Bars.Count);
        bars.ShouldBeInRange(RunRecorder.MostBars / 4, RunRecorder.MostBars);
        run.Recorder.Every.ShouldBe(30);
        run.Recorder.Engines.Sum(static engine => engine.Bars.Sum(static bar => bar.PromptTokens)).ShouldBe(report.Engines.Sum(static engine => engine.PrefilledTokens));
        TimeSeries.Of(run).Length.ShouldBeLessThanOrEqualTo(RunRecorder.MostIntervals);
    }
}
