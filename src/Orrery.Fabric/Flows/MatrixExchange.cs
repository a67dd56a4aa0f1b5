using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// An exchange in which every rank sends every other what a matrix says: the bytes out of and into each chip bound it, the busiest link by the usual ways gives its formula, fair
/// shares of all links its time as flows.
/// </summary>
public static class MatrixExchange
{
    /// <summary>Bound, formula and flow of one exchange; null where faults cut ranks off that talk.</summary>
    /// <param name="graph">The machine.</param>
    /// <param name="closed">Its library.</param>
    /// <param name="bytes">Bytes from the rank of the row to that of the column; the diagonal is not sent.</param>
    public static (Seconds Bound, Seconds Closed, FlowAnswer Flow)? Run(FabricGraph graph, ClosedFormCollectives closed, double[,] bytes)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(closed);
        ArgumentNullException.ThrowIfNull(bytes);
        int ranks = bytes.GetLength(0);
        FlowSet set = new(graph);
        double[] sent = new double[graph.Chips], received = new double[graph.Chips];
        int most = 0, farthest = 0;
        for (int from = 0; from < ranks; from++)
        {
            int messages = 0;
            for (int to = 0; to < ranks; to++)
            {
                double message = bytes[from, to];
                if (from == to || message <= 0)
                    continue;
                int level = graph.MeetingLevel(from, to);
                if (!set.Add(from, to, message, 1 / Math.Clamp(closed.Ports.ShareOf(level), 1e-6, 1)))
                    return null;
                messages++;
                farthest = Math.Max(farthest, level);
                int here = from / graph.RanksPerChip, there = to / graph.RanksPerChip;
                if (here == there)
                    continue;
                sent[here] += message;
                received[there] += message;
            }

            most = Math.Max(most, messages);
        }

        double ports = 0;
        foreach (FabricLevel level in graph.Levels)
            ports += level.IsOfRanks ? 0 : level.Description.BandwidthPerChip.Value.Value;
        double busiest = 0;
        for (int chip = 0; chip < graph.Chips; chip++)
            busiest = Math.Max(busiest, Math.Max(sent[chip], received[chip]));
        LibraryScope scope = closed.Ports.ScopeOf(farthest);
        Seconds bound = new((ports > 0 ? busiest / ports : 0) + (most > 0 ? graph.Levels[farthest].Latency : 0));
        double latency = closed.Library.Launch.Value.Value + set.LongestLatency + scope.Step.Value.Value + (most * scope.PerMessage.Value.Value);
        FlowRun run = new();
        double transfer = run.Run(set).Value;
        string limit = run.Busiest < 0 || latency > transfer ? "latency" : graph.LinkName(run.Busiest);
        FlowAnswer flow = new(new Seconds(latency + transfer), "direct", limit, set.Detour, set.FlowCount);
        return (bound, new Seconds(latency + run.BusiestTime.Value), flow);
    }
}
