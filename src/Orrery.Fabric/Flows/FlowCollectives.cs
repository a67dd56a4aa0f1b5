using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Collectives over all ranks of a job as flows over links: rings in the order of ranks inside each scale-up domain, rings across domains between ranks at
/// the same place, direct messages for exchanges. Domains that are alike are worked out once, so that a million chips cost what two
/// domains and one ring across cost; a slow or failed link unfolds its own domain and its own ring across.
/// </summary>
/// <remarks>
/// An all-reduce scatters inside, reduces across and gathers inside; phases follow one another, or stream through all levels at once as far as the library
/// does. A ring costs the latency of one trip for each trip, and carries its bytes on all its links at once.
/// </remarks>
/// <param name="graph">The machine, with its faults.</param>
/// <param name="library">What a step costs, and the achieved share of links.</param>
public sealed class FlowCollectives(FabricGraph graph, CommunicationLibrary library)
{
    /// <summary>Most messages of one exchange.</summary>
    public const long MostMessages = 4_000_000;

    private readonly FlowRun _run = new();
    private string _detour = "";
    private int _flows;

    /// <summary>True for what <see cref="Run"/> can do on that many ranks.</summary>
    public static bool Supports(CollectiveKind kind, int ranks) => kind switch
    {
        CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter => true,
        CollectiveKind.AllToAll => (long)ranks * ranks <= MostMessages,
        CollectiveKind.Gather or CollectiveKind.Scatter or CollectiveKind.PointToPoint => true,
        _ => false,
    };

    /// <summary>Runs a collective over the first <paramref name="ranks"/> ranks; null where faults cut some of them off.</summary>
    public FlowAnswer? Run(in Collective collective, int ranks)
    {
        if (!Supports(collective.Kind, ranks))
            throw new ArgumentException($"{collective.Kind} over {ranks} ranks is not run as flows", nameof(collective));
        _detour = "";
        _flows = 0;
        if (ranks <= 1)
            return new FlowAnswer(Seconds.Zero, "none", "none", "", 0);
        return collective.Kind is CollectiveKind.AllReduce or CollectiveKind.AllGather or CollectiveKind.ReduceScatter
            ? Rings(collective, ranks)
            : Direct(collective, ranks);
    }

    private FlowAnswer? Direct(in Collective collective, int ranks)
    {
        FlowSet set = new(graph);
        double bytes = collective.Size.Value, messages = ranks - 1;
        bool whole = true;
        switch (collective.Kind)
        {
            case CollectiveKind.AllToAll:
                for (int from = 0; from < ranks; from++)
                {
                    for (int to = 0; to < ranks; to++)
                        whole &= Send(set, from, to, bytes / ranks);
                }

                break;
            case CollectiveKind.Gather:
                for (int from = 1; from < ranks; from++)
                    whole &= Send(set, from, 0, bytes);
                break;
            case CollectiveKind.Scatter:
                for (int to = 1; to < ranks; to++)
                    whole &= Send(set, 0, to, bytes);
                break;
            default:
                // Every rank of one half sends to its partner in the other, as the stages of a pipeline do.
                int half = (ranks + 1) / 2;
                for (int from = 0; from + half < ranks; from++)
                    whole &= Send(set, from, from + half, bytes);
                messages = 1;
                break;
        }

        if (!whole)
            return null;
        LibraryScope scope = ScopeOf(graph.MeetingLevel(0, ranks - 1));
        double latency = library.Launch.Value.Value + set.LongestLatency + scope.Step.Value.Value + (messages * scope.PerMessage.Value.Value);
        return Answer(set, latency, "direct");
    }

    private FlowAnswer? Rings(in Collective collective, int ranks)
    {
        int domain = graph.Network == 0 || !graph.Levels[graph.Network].IsSwitched ? ranks : graph.DomainChips * graph.RanksPerChip;
        int domains = (ranks + domain - 1) / domain;
        double size = collective.Size.Value;
        double trips = collective.Kind == CollectiveKind.AllReduce ? 2 : 1;
        FlowSet inside = new(graph), across = new(graph), together = new(graph);
        double insideLatency = 0, acrossLatency = 0;
        foreach (int one in Representatives(domains, ranks, domain))
        {
            int first = one * domain, members = Math.Min(domain, ranks - first);
            double walk = Ring(first, 1, members, trips * (members - 1.0) / members * size, inside, together);
            if (walk < 0)
                return null;
            insideLatency = Math.Max(insideLatency, trips * walk);
        }

        if (domains > 1)
        {
            // Every rank of a chip is in a ring of its own across the domains; chips at other places do the same over other ports.
            foreach (int place in Places(domain))
            {
                int reach = place < ranks - ((domains - 1) * domain) ? domains : domains - 1;
                double walk = 0;
                for (int rank = place; rank < place + graph.RanksPerChip && reach > 1; rank++)
                    walk = Math.Max(walk, Across(rank, reach, domain, ranks, trips * (domains - 1.0) / domains * size, across, together, out bool whole) is var one && whole ? one : double.PositiveInfinity);
                if (double.IsInfinity(walk))
                    return null;
                acrossLatency = Math.Max(acrossLatency, trips * walk);
            }
        }

        double latency = library.Launch.Value.Value + insideLatency + acrossLatency;
        double streaming = domains > 1 ? library.Streaming.Value : 0;
        double apart = _run.Run(inside).Value, longest = apart;
        int busiest = _run.Busiest;
        double outer = _run.Run(across).Value;
        if (outer > longest)
            busiest = _run.Busiest;
        apart += outer;
        double transfer = streaming > 0 ? (streaming * _run.Run(together).Value) + ((1 - streaming) * apart) : apart;
        Note(inside);
        Note(across);
        return new FlowAnswer(new Seconds(latency + transfer), domains > 1 ? "hierarchical ring" : "ring", NameOf(busiest, latency, transfer), _detour, _flows);
    }

    /// <summary>Adds a ring in the order of ranks; returns the latency of one trip, negative where it is cut.</summary>
    private double Ring(int first, int stride, int members, double bytes, FlowSet set, FlowSet together)
    {
        if (members <= 1)
            return 0;
        double around = 0, least = double.PositiveInfinity;
        for (int member = 0; member < members; member++)
        {
            int from = first + (member * stride), to = first + ((member + 1) % members * stride);
            if (!Send(set, from, to, bytes) || !Send(together, from, to, bytes))
                return -1;
            double hop = set.LastLatency + ScopeOf(graph.MeetingLevel(from, to)).Step.Value.Value;
            around += hop;
            least = Math.Min(least, hop);
        }

        return around - least;
    }

    private double Across(int place, int reach, int domain, int ranks, double bytes, FlowSet set, FlowSet together, out bool whole)
    {
        double around = 0, least = double.PositiveInfinity;
        whole = true;
        for (int one = 0; one < reach; one++)
        {
            int next = (one + 1) % reach;

            // The members of a domain share out its data; where a domain has fewer, each of them carries more.
            int fewest = Math.Min(Math.Min(domain, ranks - (one * domain)), Math.Min(domain, ranks - (next * domain)));
            int from = (one * domain) + place, to = (next * domain) + place;
            whole &= Send(set, from, to, bytes / fewest) && Send(together, from, to, bytes / fewest);
            double hop = set.LastLatency + library.ScaleOut.Step.Value.Value;
            around += hop;
            least = Math.Min(least, hop);
        }

        return around - least;
    }

    private bool Send(FlowSet set, int from, int to, double bytes) =>
        from == to || set.Add(from, to, bytes, 1 / Math.Clamp(ScopeOf(graph.MeetingLevel(from, to)).Share.Value, 1e-3, 1));

    private LibraryScope ScopeOf(int level) => level == graph.Network && graph.Network > 0 ? library.ScaleOut : library.ScaleUp;

    /// <summary>Domains that stand for all: the first, the last where it is filled in part, and those with faults.</summary>
    private SortedSet<int> Representatives(int domains, int ranks, int domain)
    {
        SortedSet<int> chosen = [0];
        if (ranks % domain != 0)
            chosen.Add(domains - 1);
        foreach (int chip in graph.FaultyChips)
        {
            if ((long)chip * graph.RanksPerChip < ranks)
                chosen.Add(chip * graph.RanksPerChip / domain);
        }

        return chosen;
    }

    /// <summary>First ranks of the chips whose rings across stand for all: the first chip of a domain, and those with faults.</summary>
    private SortedSet<int> Places(int domain)
    {
        SortedSet<int> places = [0];
        foreach (int chip in graph.FaultyChips)
            places.Add(chip * graph.RanksPerChip % domain);
        return places;
    }

    private FlowAnswer Answer(FlowSet set, double latency, string algorithm)
    {
        double transfer = _run.Run(set).Value;
        Note(set);
        return new FlowAnswer(new Seconds(latency + transfer), algorithm, NameOf(_run.Busiest, latency, transfer), _detour, _flows);
    }

    private void Note(FlowSet set)
    {
        _flows += set.FlowCount;
        if (_detour.Length == 0)
            _detour = set.Detour;
    }

    private string NameOf(int link, double latency, double transfer) => link < 0 || latency > transfer
        ? "latency"
        : graph.HasFaults ? graph.LinkName(link) : graph.LinkKind(link);
}
