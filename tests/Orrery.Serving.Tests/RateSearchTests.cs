using FsCheck;
using FsCheck.Fluent;
using Orrery.Catalog;
using Orrery.Models;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>The highest rate that keeps a level: the search alone, then on engines.</summary>
public sealed class RateSearchTests
{
    private static readonly DataCatalog Catalog = DataCatalog.Open(Bench.DataRoot());

    [Fact]
    public void The_highest_rate_is_found_to_the_tolerance_wherever_the_search_starts()
    {
        Gen<(double Edge, double Start, double Tolerance)> cases =
            from edge in Gen.Choose(-400, 800)
            from start in Gen.Choose(-500, 800)
            from tolerance in Gen.Elements(0.2, 0.01, 0.001)
            select (Math.Pow(10, edge / 100.0), Math.Pow(10, start / 100.0), tolerance);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(2026, 1121), Prop.ForAll(cases.ToArbitrary(), static one =>
        {
            RateBracket found = new RateSearch { Tolerance = one.Tolerance }.Find(rate => rate <= one.Edge ? 0.95 : 0.2, 0.9, one.Start);
            return found.Kept <= one.Edge && found.Missed > one.Edge && found.Missed <= found.Kept * (1 + one.Tolerance) && found.Runs < 60;
        }));
    }

    [Fact]
    public void Where_no_rate_is_kept_or_every_one_is_the_search_says_so()
    {
        new RateSearch { Least = 0.01 }.Find(static _ => 0.5, 0.9, 3).ShouldBe(new RateBracket(0, 0.01, 6));
        new RateSearch { Most = 100 }.Find(static _ => 0.9, 0.9, 3).ShouldSatisfyAllConditions(
            static found => found.Kept.ShouldBe(100), static found => double.IsPositiveInfinity(found.Missed).ShouldBeTrue());
    }

    [Fact]
    public void On_engines_it_is_the_rate_that_trying_all_of_them_finds()
    {
        (ServingRequest request, RatedRequests rated) = Job("ttft=150ms,tpot=14ms");
        MaximumRate found = Find(request, rated);
        double best = 0;
        PreparedJob job = ServingRunner.Prepare(request, new ServingContext(Catalog), [], out _)!;
        for (double rate = 1; rate < 200; rate *= 1.02)
        {
            if (MaximumRateFinder.Kept(job, job.With(rated.At(rate)).Run(1)) >= request.ServiceLevel!.Share)
                best = rate;
        }

        found.Rate!.Value.ShouldBeInRange(best / 1.01, best * 1.02 * 1.01);
        found.Low.ShouldBeLessThan(found.Rate.Value);
        found.High.ShouldBeGreaterThan(found.Rate.Value);
        found.Limit.ShouldStartWith("t");
    }

    [Fact]
    public void A_looser_level_is_never_a_lower_rate()
    {
        double last = 0;
        foreach (string level in (string[])["ttft=150ms,tpot=12ms,share=0.99", "ttft=150ms,tpot=12ms", "ttft=150ms,tpot=14ms", "ttft=1s,tpot=14ms", "ttft=1s,tpot=40ms", "ttft=1s,tpot=40ms,share=0.5"])
        {
            (ServingRequest request, RatedRequests rated) = Job(level);
            double rate = Find(request, rated).Rate!.Value;
            rate.ShouldBeGreaterThanOrEqualTo(last);
            last = rate;
        }
    }

    [Fact]
    public void Without_a_level_it_is_the_rate_the_engines_keep_up_with()
    {
        (ServingRequest request, RatedRequests rated) = Job(null, requests: 20_000);
        MaximumRate found = Find(request, rated);
        ServingReport flooded = ServingRunner.Run(request with { Workload = rated.At(1e6) }, new ServingContext(Catalog)).Report!;
        found.Rate!.Value.ShouldBe(flooded.RequestsPerSecond, 0.05 * flooded.RequestsPerSecond);
        found.Limit.ShouldContain("work piles up");
    }

    [Fact]
    public void A_level_that_one_request_alone_misses_is_no_with_the_limit_named()
    {
        (ServingRequest request, RatedRequests rated) = Job("ttft=2s,tpot=1ms");
        ServingOutcome outcome = MaximumRateFinder.Run(request, rated, new ServingContext(Catalog));
        outcome.IsNo.ShouldBeTrue();
        outcome.MaximumRate!.Rate.ShouldBeNull();
        outcome.Diagnostics.Single(static one => one.Severity == Severity.Error).Message.ShouldSatisfyAllConditions(
            static text => text.ShouldContain("no rate keeps ttft=2s,tpot=1ms for 90 %"), static text => text.ShouldContain("no load keeps it"));
    }

    [Theory]
    [InlineData("ttft=1us", "ttft: 0.0 % of the requests keep 0.001 ms; even the fastest takes")]
    [InlineData("e2e=10ms", "e2e: 0.0 % of the requests keep 10 ms; even the shortest takes")]
    public void A_level_below_what_one_request_takes_is_told_from_waiting(string level, string limit)
    {
        (ServingRequest request, RatedRequests rated) = Job(level, requests: 100);
        Find(request, rated).Limit.ShouldStartWith(limit);
    }

    [Fact]
    public void The_report_is_that_of_a_run_at_the_rate_found()
    {
        (ServingRequest request, RatedRequests rated) = Job("tpot=14ms");
        ServingOutcome found = MaximumRateFinder.Run(request, rated, new ServingContext(Catalog));
        found.IsNo.ShouldBeFalse();
        ServingReport again = ServingRunner.Run(request with { Workload = rated.At(found.MaximumRate!.Rate!.Value) }, new ServingContext(Catalog)).Report!;
        found.Report!.FirstToken.ShouldBe(again.FirstToken);
        found.Report.Attainment!.All.ShouldBeGreaterThanOrEqualTo(0.9);
    }

    [Fact]
    public void Made_up_requests_last_long_enough_for_work_to_pile_up()
    {
        (ServingRequest request, RatedRequests rated) = Job("ttft=60s");
        RatedRequests more = rated with { Longer = static count => SyntheticTrace.Create(new PoissonArrivals(), 1, count, new LengthRange(512), new LengthRange(64), 1) };
        MaximumRate found = Find(request, more);
        // With the thousand asked for, a queue may grow all the time and nobody waits a minute.
        (found.Requests / found.Rate!.Value).ShouldBeGreaterThan(20 * 60);
        Find(request, rated).Requests.ShouldBe(1000);
    }

    [Fact]
    public void Turns_that_are_still_to_come_do_not_pile_up()
    {
        (ServingRequest request, _) = Job("ttft=1s");
        ConversationShape shape = new(new FixedTurns(4), new EvenThinking(50), 0);
        RatedRequests rated = new(SyntheticConversations.Create(shape, new PoissonArrivals(), 1, 400, new LengthRange(64), new LengthRange(16), 4096, 16, 1, out _), 1, static _ => "test");
        PreparedJob job = ServingRunner.Prepare(request, new ServingContext(Catalog), [], out _)!;
        // A hundred conversations begin in 20 s; all their further turns come after.
        MaximumRateFinder.Kept(job, job.With(rated.At(5)).Run(1)).ShouldBe(1);
        MaximumRateFinder.Kept(job, job.With(rated.At(1e6)).Run(1)).ShouldBeLessThan(0.9);
    }

    private static MaximumRate Find(ServingRequest request, RatedRequests rated) =>
        MaximumRateFinder.Run(request, rated, new ServingContext(Catalog)).MaximumRate!;

    private static (ServingRequest Request, RatedRequests Rated) Job(string? level, int requests = 1000)
    {
        SystemDescription machine = Catalog.System("dgx-h100").Value!;
        RatedRequests rated = new(SyntheticTrace.Create(new PoissonArrivals(), 1, requests, new LengthRange(512), new LengthRange(64), 1), 1, static _ => "test");
        return (new ServingRequest
        {
            Model = ModelLoader.Load("llama-3.1-8b", Bench.DataRoot()).Value!,
            System = machine,
            Stack = new ServingCatalog(Bench.DataRoot()).Stack("vllm").Value!,
            Chips = 1,
            Workload = rated.At(1),
            ServiceLevel = level is null ? null : ServiceLevel.Parse(level).Value,
        }, rated);
    }
}
