using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Serving;

/// <summary>Names what limits a run, from where its time went and what requests waited for.</summary>
public static class LimitFinder
{
    /// <summary>Up to three limits, the strongest first; each says its share and what would help.</summary>
    public static ImmutableArray<string> Find(ServingRequest request, ServingRun run, in TimeShares shares, double busy, double engineSeconds, double memoryBandwidth)
    {
        LimitList found = new();
        double idle = engineSeconds > 0 ? 1 - (busy / engineSeconds) : 0;
        if (request.Workload.Clients == 0)
            found.AddIdle(idle, "engines", "requests");
        double cache = 0;
        double batch = 0;
        foreach (Replica engine in run.Engines)
        {
            cache += engine.Statistics.WaitingForCache / RequestTrace.TicksPerSecond;
            batch += engine.Statistics.WaitingForBatch / RequestTrace.TicksPerSecond;
        }

        if (busy > 0)
        {
            found.Add(cache / busy, "room in the cache: requests wait for it", "more chips, wider --tp or --kv-precision fp8");
            found.Add(batch / busy, "places in the batch: requests wait for them", "a larger --max-batch");
            double work = shares.DecodeProducts + shares.DecodeAttention + shares.PrefillProducts + shares.PrefillAttention;
            double memory = Math.Min(work, shares.MemoryBytes / memoryBandwidth);
            double matrix = Math.Min(work, shares.MatrixBusy);
            found.Add(memory / busy, "memory bandwidth", "a larger batch shares the reading of weights, a narrower --precision shortens it");
            found.Add(matrix / busy, "matrix units", "a narrower --precision or more chips");
            found.Add((work - memory - matrix) / busy, "products and attention that fill neither memory nor matrix units (small tiles, partial waves)", "a larger batch, or another layout: --plan best");
            found.Add(shares.Collectives / busy, "communication between the ranks of a replica", "narrower --tp and more --replicas");
            found.Add(shares.HostLink / busy, "the host link: sequences are swapped out over it", "more room in the cache, or --preemption recompute");
            found.Add(shares.Draft / busy, "proposing tokens", "a smaller draft, or fewer tokens of it");
            found.Add((shares.Kernels + shares.Host + shares.GraphSwitches) / busy, "host, launches and small kernels", "a larger batch, or another stack");
        }

        return found.Strongest();
    }

    /// <summary>Requests come faster than they are served.</summary>
    public static string Overload(in OfferedLoad load, double served) => string.Create(
        CultureInfo.InvariantCulture,
        $"overload: {load.RequestsPerSecond:G3} requests/s come and {served:G3} are served, so the queue grows as long as they come, and latencies with it; --rate max finds what is kept up with");
}
