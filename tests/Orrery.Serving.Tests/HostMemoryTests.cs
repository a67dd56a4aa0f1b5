using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Blocks in the host's memory: of sequences that were swapped out, and of prompts.</summary>
public sealed class HostMemoryTests
{
    private static EngineOptions Swapping(int cacheTokens, int hostTokens, double rate = 1e11)
    {
        EngineOptions options = Bench.Options(cacheTokens);
        return options with { Swaps = true, HostBytes = options.Layout.BlockBytes(16) * (hostTokens / 16), HostRate = rate };
    }

    [Fact]
    public void What_is_swapped_out_is_not_worked_on_again()
    {
        RequestTrace trace = Bench.Random(1, rate: 5000);
        ReplicaStatistics swapping = Bench.Run(trace, Swapping(640, 1 << 20)).Engines[0].Statistics;
        ReplicaStatistics computing = Bench.Run(trace, Bench.Options(640)).Engines[0].Statistics;
        swapping.Preemptions.ShouldBeGreaterThan(0);
        swapping.SwappedOut.ShouldBeGreaterThan(0);
        swapping.SwappedIn.ShouldBe(swapping.SwappedOut);
        swapping.Fetched.ShouldBe(swapping.SwappedIn);
        // A prompt that was not done when it lost its blocks is worked on again either way.
        (swapping.PrefilledTokens - trace.TotalInput).ShouldBeLessThan((computing.PrefilledTokens - trace.TotalInput) / 2);
        swapping.GeneratedTokens.ShouldBe(trace.TotalOutput);
    }

    [Fact]
    public void Without_room_at_the_host_it_is_as_if_all_were_worked_on_again()
    {
        RequestTrace trace = Bench.Random(1, rate: 5000);
        RequestBook none = Bench.Run(trace, Swapping(640, 0)).Book;
        RequestBook computing = Bench.Run(trace, Bench.Options(640)).Book;
        none.Finishes.SequenceEqual(computing.Finishes).ShouldBeTrue();
    }

    [Fact]
    public void A_slower_link_takes_longer()
    {
        RequestTrace trace = Bench.Random(1, rate: 5000);
        long fast = Bench.Run(trace, Swapping(640, 1 << 20, 1e12)).Engines[0].Clock;
        long slow = Bench.Run(trace, Swapping(640, 1 << 20, 1e8)).Engines[0].Clock;
        slow.ShouldBeGreaterThan(fast);
    }

    [Fact]
    public void Waiting_for_the_link_is_a_share_of_the_busy_time()
    {
        ReplicaStatistics statistics = Bench.Run(Bench.Random(1, rate: 5000), Swapping(640, 1 << 20, 1e9)).Engines[0].Statistics;
        statistics.Shares.HostLink.ShouldBe((double)statistics.SwappedOut / 1e9, 1e-9 * statistics.Preemptions);
        (statistics.BusyTicks / RequestTrace.TicksPerSecond).ShouldBe(statistics.Shares.Total, 1e-6);
    }

    /// <summary>One prompt again and again, with others between that take the device's room.</summary>
    private static RequestTrace Returning()
    {
        RequestTraceBuilder builder = new(32);
        for (int request = 0; request < 40; request++)
        {
            int text = request % 4;
            builder.Add(request * 1_000_000_000_000L, 200, 5, [.. Enumerable.Range(1, 6).Select(block => (text * 100) + block)]);
        }

        return builder.ToTrace();
    }

    [Fact]
    public void What_the_device_has_no_room_for_is_found_at_the_host()
    {
        RequestTrace trace = Returning();
        // Room for two of the four prompts: whoever comes back has just been evicted.
        EngineOptions narrow = Bench.Options(416) with { CachesPrefixes = true };
        ReplicaStatistics without = Bench.Run(trace, narrow).Engines[0].Statistics;
        ReplicaStatistics with = Bench.Run(trace, narrow with { HostBytes = 1 << 30, HostRate = 1e9 }).Engines[0].Statistics;
        ReplicaStatistics wide = Bench.Run(trace, Bench.Options() with { CachesPrefixes = true }).Engines[0].Statistics;
        without.PrefixTokens.ShouldBe(0);
        (with.PrefixTokens + with.HostPrefixTokens).ShouldBe(wide.PrefixTokens);
        with.HostPrefixTokens.ShouldBe(36 * 6 * 32);
        ((long)with.Fetched).ShouldBe(36 * 6 * 2 * narrow.Layout.BlockBytes(16));
    }

    [Fact]
    public void A_prompt_waits_for_what_comes_from_the_host()
    {
        RequestTrace trace = Returning();
        EngineOptions narrow = Bench.Options(416) with { CachesPrefixes = true, HostBytes = 1 << 30, HostRate = 1e9 };
        RequestBook slow = Bench.Run(trace, narrow).Book;
        RequestBook fast = Bench.Run(trace, narrow with { HostRate = 1e15 }).Book;
        double bytes = 6 * 2 * narrow.Layout.BlockBytes(16);
        double wait = ((slow.FirstTokens[39] - slow.Arrivals[39]) - (fast.FirstTokens[39] - fast.Arrivals[39])) / RequestTrace.TicksPerSecond;
        wait.ShouldBe(bytes / 1e9, 1e-6);
    }

    [Fact]
    public void A_prompt_that_comes_from_the_host_ends_the_holding_back_of_others()
    {
        // Found by chance: the last that waited went to fetch its prompt, and who came next was taken for one that had waited since.
        const ulong Seed = 396929;
        EngineOptions options = Bench.Options(1600, "one-chunk-first", budget: 200, batch: 3);
        options = options with
        {
            CachesPrefixes = true,
            HostBytes = options.Layout.BlockBytes(16) * 200,
            HostRate = 1e8,
            Speculation = new AcceptedTokens(20, 0, Seed),
            Pace = new AdmissionPace { PollIterations = 3, HoldIterations = 5, HoldShare = double.PositiveInfinity, HoldRequests = 2 },
        };
        RequestTrace trace = Bench.Varied(Bench.Random(Seed, rate: 5000), Seed, classes: 1, families: 3);
        RequestBook together = Bench.Run(trace, options, engines: 2, clients: 7).Book;
        RequestBook singly = Bench.Run(trace, options with { StepsSingly = true }, engines: 2, clients: 7).Book;
        together.Finishes.SequenceEqual(singly.Finishes).ShouldBeTrue();
    }

    [Fact]
    public void More_of_either_memory_never_finds_less()
    {
        RequestTrace trace = TraceReader.Read(Path.Combine(Bench.DataRoot(), "traces", "mooncake-fast25-conversation.jsonl.gz"), TraceLimits.Default).Value!;
        int[] sizes = [300_000, 3_000_000];
        int[] hosts = [0, 2_000_000, 1 << 30];
        double[,] found = new double[sizes.Length, hosts.Length];
        for (int size = 0; size < sizes.Length; size++)
        {
            for (int host = 0; host < hosts.Length; host++)
            {
                EngineOptions options = Bench.Options(sizes[size], budget: 8192);
                long bytes = options.Layout.BlockBytes(16) * (hosts[host] / 16);
                ReplicaStatistics statistics = Bench.Run(trace, options with { CachesPrefixes = true, HostBytes = bytes, HostRate = 64e9 }).Engines[0].Statistics;
                found[size, host] = statistics.PrefixTokens + statistics.HostPrefixTokens;
                if (size > 0)
                    found[size, host].ShouldBeGreaterThanOrEqualTo(found[size - 1, host], $"{sizes[size]} {hosts[host]}");
                if (host > 0)
                    found[size, host].ShouldBeGreaterThanOrEqualTo(found[size, host - 1], $"{sizes[size]} {hosts[host]}");
            }
        }

        found[0, 1].ShouldBeGreaterThan(found[0, 0]);
        // All of the host's memory is as good as all of the device's.
        found[0, 2].ShouldBe(Bench.Run(trace, Bench.Options(1 << 30, budget: 8192) with { CachesPrefixes = true }).Engines[0].Statistics.PrefixTokens);
    }
}
