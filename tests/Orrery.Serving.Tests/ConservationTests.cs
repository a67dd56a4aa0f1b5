using FsCheck;
using FsCheck.Fluent;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>What no engine may lose or make up, whatever the load, the policy and the room. Debug builds check the batch after every iteration too.</summary>
public sealed class ConservationTests
{
    private sealed record Scenario(int Seed, int CacheTokens, string Batching, bool Reserves, int Budget, int Batch, double Rate, int Clients, AcceptedTokens Speculation, bool Swaps, int HostTokens,
        double HostRate, int Classes, double Ageing, int Families, AdmissionPace Pace)
    {
        public EngineOptions Options(bool stepsSingly = false)
        {
            EngineOptions options = Bench.Options(CacheTokens, Batching, Reserves, stepsSingly, Budget, Batch);
            return options with
            {
                Speculation = Speculation,
                Pace = Pace,
                Swaps = Swaps,
                HostBytes = options.Layout.BlockBytes(16) * (HostTokens / 16),
                HostRate = HostRate,
                Ageing = (long)(Ageing * RequestTrace.TicksPerSecond),
                CachesPrefixes = Families > 0,
            };
        }

        public (RequestBook Book, Replica[] Engines) Run(bool stepsSingly = false) =>
            Bench.Run(Bench.Varied(Bench.Random((ulong)Seed, rate: Rate), (ulong)Seed, Classes, Families), Options(stepsSingly), engines: 2, clients: Clients);
    }

    private static Gen<Scenario> Scenarios() =>
        from seed in Gen.Choose(0, 1_000_000)
        from cache in Gen.Elements(256, 416, 640, 1600, 1 << 20)
        from batching in Gen.Elements(BatchingPolicies.Names.ToArray())
        from reserves in Gen.Elements(false, true)
        from budget in Gen.Elements(64, 200, 2048)
        from batch in Gen.Elements(1, 3, 32)
        from rate in Gen.Elements(5.0, 200.0, 5000.0)
        from clients in Gen.Elements(0, 0, 7)
        from proposed in Gen.Elements(0, 0, 1, 3, 7, 20)
        from acceptance in Gen.Elements(0.0, 0.6, 0.95, 1.0)
        from swaps in Gen.Elements(false, true)
        from host in Gen.Elements(0, 320, 3200, 1 << 20)
        from link in Gen.Elements(1e8, 1e10, 1e12)
        from classes in Gen.Elements(1, 1, 3)
        from ageing in Gen.Elements(0.0, 0.05, 1.0)
        from families in Gen.Elements(0, 0, 3, 20)
        from pace in Gen.Elements(
            AdmissionPace.AtOnce, AdmissionPace.AtOnce, new AdmissionPace { PollIterations = 7 }, new AdmissionPace { HoldIterations = 9, HoldShare = 0.5 },
            new AdmissionPace { HoldIterations = 5, HoldRequests = 2, PollIterations = 3 })
        select new Scenario(
            seed, cache, batching, reserves, Math.Max(budget, (batch * (proposed + 1)) + 1), batch, rate, clients, new AcceptedTokens(proposed, acceptance, (ulong)seed),
            swaps, host, link, classes, ageing, families, pace);

    private static void Hold(Func<Scenario, bool> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(2026, 1121), Prop.ForAll(Scenarios().ToArbitrary(), holds));

    [Fact]
    public void Every_request_ends_once_or_is_refused()
    {
        Hold(static scenario =>
        {
            (RequestBook book, _) = scenario.Run();
            int ended = 0;
            for (int request = 0; request < book.Count; request++)
            {
                bool isOver = book.Finishes[request] != RequestBook.Never;
                ended += isOver ? 1 : 0;
                if (isOver && !(book.Arrivals[request] < book.FirstTokens[request] && book.FirstTokens[request] <= book.Finishes[request]))
                    return false;
            }

            return ended == book.Finished && ended + book.Refused == book.Count;
        });
    }

    [Fact]
    public void Tokens_generated_are_those_asked_for()
    {
        Hold(static scenario =>
        {
            (RequestBook book, Replica[] engines) = scenario.Run();
            long asked = 0;
            for (int request = 0; request < book.Count; request++)
                asked += book.Finishes[request] == RequestBook.Never ? 0 : book.Trace.Outputs[request];
            return engines.Sum(static engine => engine.Statistics.GeneratedTokens) == asked;
        });
    }

    [Fact]
    public void Prompts_are_worked_on_once_unless_a_cache_was_taken_away()
    {
        Hold(static scenario =>
        {
            (RequestBook book, Replica[] engines) = scenario.Run();
            long asked = 0;
            for (int request = 0; request < book.Count; request++)
                asked += book.Finishes[request] == RequestBook.Never ? 0 : book.Trace.Inputs[request];
            long worked = engines.Sum(static engine => engine.Statistics.PrefilledTokens + engine.Statistics.PrefixTokens + engine.Statistics.HostPrefixTokens);
            return engines.Sum(static engine => engine.Statistics.Preemptions) == 0 ? worked == asked : worked >= asked;
        });
    }

    [Fact]
    public void Blocks_taken_are_given_back_and_never_more_than_there_are()
    {
        Hold(static scenario =>
        {
            (_, Replica[] engines) = scenario.Run();
            foreach (Replica engine in engines)
            {
                if (engine.CacheUsed != engine.CacheKept || engine.Statistics.BytesTaken != engine.Statistics.BytesReturned + engine.CacheKept || engine.Statistics.CachePeak > scenario.Options().CacheBytes)
                    return false;
            }

            return true;
        });
    }

    [Fact]
    public void What_is_swapped_out_comes_back_and_the_hosts_memory_is_never_over_full()
    {
        // Debug builds compare the host's memory with what is in it after every iteration.
        Hold(static scenario =>
        {
            (_, Replica[] engines) = scenario.Run();
            foreach (Replica engine in engines)
            {
                if (engine.Statistics.SwappedOut != engine.Statistics.SwappedIn || engine.HostUsed > scenario.Options().HostBytes)
                    return false;
                if ((!scenario.Swaps || scenario.HostTokens == 0) && engine.Statistics.SwappedOut != 0)
                    return false;
            }

            return true;
        });
    }

    [Fact]
    public void Requests_inside_times_time_is_the_sum_of_their_stays()
    {
        // Little's law without a limit: the two sides are counted apart, one by the engine's clock, one by the requests' instants.
        Hold(static scenario =>
        {
            (RequestBook book, Replica[] engines) = scenario.Run();
            Int128 stays = 0;
            for (int request = 0; request < book.Count; request++)
                stays += book.Finishes[request] == RequestBook.Never ? 0 : book.Finishes[request] - book.Arrivals[request];
            Int128 inside = 0;
            foreach (Replica engine in engines)
                inside += engine.Statistics.InsideTicks;
            return inside == stays;
        });
    }

    [Fact]
    public void Alike_iterations_run_together_end_when_they_would_one_by_one()
    {
        Hold(static scenario =>
        {
            (RequestBook together, Replica[] jumped) = scenario.Run();
            (RequestBook singly, Replica[] stepped) = scenario.Run(stepsSingly: true);
            return together.FirstTokens.SequenceEqual(singly.FirstTokens) && together.Finishes.SequenceEqual(singly.Finishes)
                && jumped.Sum(static engine => engine.Statistics.Preemptions) == stepped.Sum(static engine => engine.Statistics.Preemptions)
                && jumped.Sum(static engine => engine.Statistics.HostPrefixTokens) == stepped.Sum(static engine => engine.Statistics.HostPrefixTokens)
                && jumped.Sum(static engine => engine.Statistics.BusyTicks) == stepped.Sum(static engine => engine.Statistics.BusyTicks);
        });
    }

    [Fact]
    public void Reserved_answers_are_never_preempted()
    {
        Hold(static scenario => scenario.Reserves is false || scenario.Run().Engines.All(static engine => engine.Statistics.Preemptions == 0));
    }

    [Fact]
    public void A_tight_cache_preempts_and_a_wide_one_does_not()
    {
        RequestTrace trace = Bench.Random(1, rate: 5000);
        Bench.Run(trace, Bench.Options(cacheTokens: 640)).Engines[0].Statistics.Preemptions.ShouldBeGreaterThan(0);
        Bench.Run(trace, Bench.Options()).Engines[0].Statistics.Preemptions.ShouldBe(0);
    }

    [Fact]
    public void Nobody_starves_requests_are_begun_in_the_order_they_came()
    {
        (RequestBook book, _) = Bench.Run(Bench.Random(3, rate: 5000), Bench.Options(cacheTokens: 1600, budget: 64));
        for (int request = 1; request < book.Count; request++)
            book.FirstTokens[request].ShouldBeGreaterThanOrEqualTo(book.FirstTokens[request - 1]);
    }

    [Fact]
    public void The_same_requests_give_the_same_instants_whatever_else_runs()
    {
        RequestTrace trace = Bench.Random(5, rate: 1000);
        long[] first = Bench.Run(trace, Bench.Options(cacheTokens: 1600), engines: 3, router: new LeastLoaded()).Book.Finishes.ToArray();
        long[][] others = new long[4][];
        Parallel.For(0, others.Length, run => others[run] = Bench.Run(trace, Bench.Options(cacheTokens: 1600), engines: 3, router: new LeastLoaded()).Book.Finishes.ToArray());
        others.ShouldAllBe(other => Enumerable.SequenceEqual(other, first));
    }
}
