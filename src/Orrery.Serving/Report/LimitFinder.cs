using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Serving;

/// <summary>Names what limits a run, from where its time went and what requests waited for.</summary>
public static class LimitFinder
{
    /// <summary>Below this share of the time something is not worth a line.</summary>
    private const double Worth = 0.1;

    /// <summary>Up to three limits, the strongest first; each says its share and what would help.</summary>
    public static ImmutableArray<string> Find(ServingRequest request, ServingRun run, in TimeShares shares, double busy, double engineSeconds, double memoryBandwidth)
    {
        List<(double Share, string Text)> found = [];
        double idle = engineSeconds > 0 ? 1 - (busy / engineSeconds) : 0;
        if (idle >= 0.5 && request.Workload.Clients == 0)
            found.Add((1 + idle, $"load: the engines are idle {Percent(idle)} of the time; they could take more requests"));
        double cache = 0;
        double batch = 0;
        foreach (Replica engine in run.Engines)
        {
            cache += engine.Statistics.WaitingForCache / RequestTrace.TicksPerSecond;
            batch += engine.Statistics.WaitingForBatch / RequestTrace.TicksPerSecond;
        }

        if (busy > 0)
        {
            Add(found, cache / busy, "room in the cache: requests wait for it", "more chips, wider --tp or --kv-precision fp8");
            Add(found, batch / busy, "places in the batch: requests wait for them", "a larger --max-batch");
            double work = shares.DecodeProducts + shares.DecodeAttention + shares.PrefillProducts + shares.PrefillAttention;
            double memory = Math.Min(work, shares.MemoryBytes / memoryBandwidth);
            double matrix = Math.Min(work, shares.MatrixBusy);
            Add(found, memory / busy, "memory bandwidth", "a larger batch shares the reading of weights, a narrower --precision shortens it");
            Add(found, matrix / busy, "matrix units", "a narrower --precision or more chips");
            Add(found, (work - memory - matrix) / busy, "products and attention that fill neither memory nor matrix units (small tiles, partial waves)", "a larger batch, or another layout: --plan best");
            Add(found, shares.Collectives / busy, "communication between the ranks of a replica", "narrower --tp and more --replicas");
            Add(found, shares.HostLink / busy, "the host link: sequences are swapped out over it", "more room in the cache, or --preemption recompute");
            Add(found, shares.Draft / busy, "proposing tokens", "a smaller draft, or fewer tokens of it");
            Add(found, (shares.Kernels + shares.Host + shares.GraphSwitches) / busy, "host, launches and small kernels", "a larger batch, or another stack");
        }

        found.Sort(static (left, right) => right.Share != left.Share ? right.Share.CompareTo(left.Share) : string.CompareOrdinal(left.Text, right.Text));
        return [.. found.Take(3).Select(static one => one.Text)];
    }

    /// <summary>Requests come faster than they are served.</summary>
    public static string Overload(in OfferedLoad load, double served) => string.Create(
        CultureInfo.InvariantCulture,
        $"overload: {load.RequestsPerSecond:G3} requests/s come and {served:G3} are served, so the queue grows as long as they come, and latencies with it; --rate max finds what is kept up with");

    private static void Add(List<(double Share, string Text)> found, double share, string what, string remedy)
    {
        if (share >= Worth)
            found.Add((Math.Min(share, 1), $"{what}, {Percent(Math.Min(share, 1))} of the busy time; {remedy}"));
    }

    private static string Percent(double share) => (share * 100).ToString("0", CultureInfo.InvariantCulture) + " %";
}
