using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Collectives as flows over links: the phases and algorithms that the formula would take, each step laid on the links of the machine and run to its end. Domains and
/// places that are alike are worked out once, so that a million chips cost what one domain and one ring across cost; a part-filled last domain, and a slow or failed
/// link, are worked out beside them.
/// </summary>
/// <remarks>
/// Chunks stream through a step: all its transfers share links at once, and its latency is paid once for each walk. Phases follow one another, or stream through
/// all levels at once as far as the library does. Where faults leave an algorithm no way, the next that has one takes its place.
/// </remarks>
public sealed class FlowCollectives
{
    private const long MostStanding = 300_000;

    private readonly FabricGraph _graph;
    private readonly ClosedFormCollectives _closed;
    private readonly StepFlows _steps;
    private readonly FlowRun _run = new();
    private readonly CollectivePlan _plan = new();
    private readonly List<FlowSet> _sets = [];
    private FlowCollectives? _healthy;

    /// <summary>Collectives on a machine, with its faults, under what a formula knows of its library.</summary>
    public FlowCollectives(FabricGraph graph, ClosedFormCollectives closed)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(closed);
        _graph = graph;
        _closed = closed;
        _steps = new StepFlows(graph, closed.Ports);
    }

    /// <summary>Collectives on a machine, with its faults, under a library without fitted constants.</summary>
    public FlowCollectives(FabricGraph graph, CommunicationLibrary library)
        : this(graph, new ClosedFormCollectives((graph ?? throw new ArgumentNullException(nameof(graph))).System, library))
    {
    }

    /// <summary>The machine.</summary>
    public FabricGraph Graph => _graph;

    /// <summary>True for what can be run on that many ranks: an exchange among all only behind switches where it is large.</summary>
    public bool Supports(CollectiveKind kind, int ranks)
    {
        if (kind != CollectiveKind.AllToAll || (long)ranks * ranks <= StepFlows.MostMessages)
            return true;
        foreach (FabricLevel level in _graph.Levels)
        {
            if (!level.IsSwitched)
                return false;
        }

        return true;
    }

    /// <summary>
    /// Runs a collective over a job of <paramref name="ranks"/> ranks, spread evenly over its domains or, where they do not divide, filling one after the other; null where
    /// faults cut some of them off.
    /// </summary>
    public FlowAnswer? Run(in Collective collective, int ranks, CollectiveAlgorithm? forced = null) => Run(collective, Whole(collective.Kind, ranks), forced: forced);

    /// <summary>Runs a collective over one group of a job, and of all groups that lie like it the one that faults slow most.</summary>
    /// <param name="collective">What to do.</param>
    /// <param name="group">How it lies.</param>
    /// <param name="steps">Children of each level from one member's to the next; 1 where empty.</param>
    /// <param name="forced">One algorithm wherever it can do the phase.</param>
    public FlowAnswer? Run(in Collective collective, RankGroup group, ReadOnlySpan<int> steps = default, CollectiveAlgorithm? forced = null)
    {
        ArgumentNullException.ThrowIfNull(group);
        if (group.Size <= 1)
            return new FlowAnswer(Seconds.Zero, "none", "none", "", 0);
        GroupPlace place = new(_graph, group, steps);
        _closed.Plan(collective, group, forced, _plan);
        double latency = 0, sum = 0, slowest = 0, longest = -1;
        int flows = 0, busiest = -1;
        bool launched = false;
        string detour = "";
        ReadOnlySpan<PlannedPhase> phases = _plan.Phases;
        double paired = 0;
        for (int index = 0; index < phases.Length; index++)
        {
            if (Run(phases[index], place) is not { } done)
                return null;
            launched |= done.Launched;
            latency += done.Latency;
            paired = index > 0 && phases[index].From == phases[index - 1].From ? paired + done.Transfer : done.Transfer;
            sum += done.Transfer;
            slowest = Math.Max(slowest, paired);
            flows += done.Flows;
            if (detour.Length == 0)
                detour = done.Detour;
            if (done.Transfer > longest)
                (longest, busiest) = (done.Transfer, done.Busiest);
        }

        if (!launched)
            latency += _closed.Library.Launch.Value.Value;
        double streaming = phases.Length > 1 ? _closed.Library.Streaming.Value : 0;

        // Levels that stream at once share links only where a fault sends what belongs inside by way of another level.
        if (streaming > 0 && _graph.HasFaults && detour.Length > 0)
            slowest = Math.Max(slowest, Together(phases, place));
        double transfer = (streaming * slowest) + ((1 - streaming) * sum);
        FlowAnswer answer = new(new Seconds(latency + transfer), _plan.Name, NameOf(busiest, latency, transfer), detour, flows);
        if (!_graph.HasFaults)
            return answer;
        _healthy ??= new FlowCollectives(new FabricGraph(_graph.System, _graph.Chips, _graph.RanksPerChip), _closed);
        Seconds healthy = _healthy.Run(collective, group, steps, forced)?.Time ?? answer.Time;
        return answer with { Time = Seconds.Max(answer.Time, healthy), Healthy = healthy };
    }

    /// <summary>The stages of a collective, for running it beside others; null where faults leave some member no way.</summary>
    internal List<FlowStage>? Lay(ConcurrentJob job)
    {
        List<FlowStage> stages = [];
        if (job.Group.Size <= 1)
            return stages;
        int[] steps = [.. job.Steps];
        GroupPlace place = new(_graph, job.Group, steps);
        CollectivePlan plan = new();
        _closed.Plan(job.Collective, job.Group, forced: null, plan);
        double before = plan.IncludesLaunch ? 0 : _closed.Library.Launch.Value.Value;
        bool streams = _closed.Library.Streaming.Value > 0;
        FlowSet together = new(_graph);
        double latest = before, fill = 0;
        foreach (PlannedPhase phase in plan.Phases)
        {
            StepList list = default;
            phase.Algorithm.List(phase.Kind, phase.Size, phase.Ports, ref list);
            for (int index = 0; index < list.Count; index++)
            {
                CollectiveStep step = list[index];
                List<FlowSet> sets = [];
                foreach (int one in Standing(phase, place, job.First))
                {
                    if (!_steps.Add(step, phase, place, one, sets))
                        return null;
                }

                double latency = (step.Walks > 0 ? step.Walks * phase.Ports.LatencyOf(step.Pattern) : 0) + step.Fixed.Value;
                if (streams)
                {
                    // All levels at once: their latencies add up, their flows share the time.
                    latest += latency;
                    fill += step.Fill.Value;
                    foreach (FlowSet set in sets)
                        together.Append(set);
                    continue;
                }

                for (int at = 0; at < Math.Max(1, sets.Count); at++)
                {
                    stages.Add(new FlowStage(
                        (stages.Count == 0 ? before : 0) + (at == 0 ? latency : 0), at < sets.Count ? sets[at] : new FlowSet(_graph), at == sets.Count - 1 ? step.Fill.Value : 0));
                }
            }
        }

        if (streams)
            stages.Add(new FlowStage(latest, together, fill));
        return stages;
    }

    /// <summary>True where the members of a group have places of their own: one that lies unevenly may be written as more parts than its level has.</summary>
    public bool Fits(RankGroup group)
    {
        ArgumentNullException.ThrowIfNull(group);
        for (int level = 0; level < _graph.Levels.Length; level++)
        {
            if (group.Fanout[level] > _graph.Levels[level].Size)
                return false;
        }

        return true;
    }

    /// <summary>A group of all ranks of a job; of a point-to-point message, the two ranks farthest apart.</summary>
    public RankGroup Whole(CollectiveKind kind, int ranks)
    {
        RankGroups groups = new(_graph.System, _graph.RanksPerChip);
        if (kind == CollectiveKind.PointToPoint && ranks > 2)
            return groups.Group((ranks + 1) / 2, 2, ranks);
        RankGroup even = groups.Group(1, ranks, ranks);
        long product = 1;
        foreach (int fanout in even.Fanout)
            product *= fanout;
        return product == ranks && Fits(even) ? even : JobPlacement.Packed(_graph.System, _graph.RanksPerChip, ranks);
    }

    private Done? Run(in PlannedPhase phase, GroupPlace place)
    {
        if (Run(phase, phase.Algorithm, place) is { } done)
            return done;

        // The library's choice has no way left (a switch that adds and is gone): what else can do it, fastest first.
        List<(double Time, CollectiveAlgorithm Algorithm)> others = [];
        foreach (CollectiveAlgorithm algorithm in AlgorithmRegistry.All)
        {
            if (algorithm != phase.Algorithm && algorithm.Supports(phase.Kind, phase.Ports))
                others.Add((algorithm.Time(phase.Kind, phase.Size, phase.Ports).Total.Value, algorithm));
        }

        others.Sort(static (left, right) => left.Time != right.Time ? left.Time.CompareTo(right.Time) : string.CompareOrdinal(left.Algorithm.Name, right.Algorithm.Name));
        foreach ((double _, CollectiveAlgorithm algorithm) in others)
        {
            if (Run(phase, algorithm, place) is { } other)
                return other;
        }

        return null;
    }

    private Done? Run(in PlannedPhase phase, CollectiveAlgorithm algorithm, GroupPlace place)
    {
        StepList steps = default;
        algorithm.List(phase.Kind, phase.Size, phase.Ports, ref steps);
        double latency = 0, transfer = 0, longest = -1;
        int flows = 0, busiest = -1;
        string detour = "";
        for (int index = 0; index < steps.Count; index++)
        {
            CollectiveStep step = steps[index];
            _sets.Clear();
            foreach (int one in Standing(phase, place))
            {
                if (!_steps.Add(step, phase, place, one, _sets))
                    return null;
            }

            double way = step.Walks > 0 ? step.Walks * phase.Ports.LatencyOf(step.Pattern) : 0;
            latency += way + step.Fixed.Value;
            transfer += step.Fill.Value;
            foreach (FlowSet set in _sets)
            {
                double time = _run.Run(set).Value;
                transfer += time;
                flows += set.FlowCount;
                if (time > longest)
                    (longest, busiest) = (time, _run.Busiest);
                if (set.Detour.Length == 0)
                    continue;
                detour = detour.Length == 0 ? set.Detour : detour;
                latency += Math.Max(1, step.Walks) * Math.Max(0, set.LongestLatency - phase.Ports.Far.Value);
            }
        }

        return new Done(latency, transfer, busiest, flows, detour, algorithm.IncludesLaunch);
    }

    private double Together(ReadOnlySpan<PlannedPhase> phases, GroupPlace place)
    {
        List<FlowSet> all = [];
        foreach (PlannedPhase phase in phases)
        {
            StepList steps = default;
            phase.Algorithm.List(phase.Kind, phase.Size, phase.Ports, ref steps);
            if (steps.Count != 1)
                return 0;
            foreach (int one in Standing(phase, place))
            {
                if (!_steps.Add(steps[0], phase, place, one, all))
                    return 0;
            }
        }

        return all.Count == 1 ? _run.Run(all[0]).Value : 0;
    }

    /// <summary>
    /// Ranks whose groups stand for all: the first, the last of a part-filled group, those of chips with faults; and all places of a domain where the network above it has
    /// layers that they share.
    /// </summary>
    private SortedSet<int> Standing(in PlannedPhase phase, GroupPlace place, int first = 0)
    {
        SortedSet<int> standing = [first];
        if (place.IsPartial)
            standing.Add(first + place.Rank(place.Size - 1));
        foreach (int chip in _graph.FaultyChips)
        {
            // What goes round a fault crowds the ports of its neighbours: they stand for themselves too, all of a domain where that is not too many.
            int near = (long)_graph.DomainChips * phase.Ports.Ranks <= MostStanding ? _graph.DomainChips : Math.Max(1, _graph.System.ChipsPerServer);
            int begin = chip / near * near;
            for (int neighbour = begin; neighbour < Math.Min(_graph.Chips, begin + near); neighbour++)
                standing.Add(neighbour * _graph.RanksPerChip);
        }

        // One rank for each part: those of one part give the same flows again.
        HashSet<int> origins = [];
        SortedSet<int> chosen = [];
        foreach (int one in standing)
        {
            int origin = place.Origin(one, phase.From, phase.To, out int _);
            if (origin >= 0 && origins.Add(origin))
                chosen.Add(one);
        }

        if (phase.To != _graph.Network || _graph.Levels[_graph.Network].Tiers.IsEmpty || _graph.Network == 0)
            return chosen;
        for (int chip = 0; chip < _graph.DomainChips; chip++)
        {
            int origin = place.Origin(chip * _graph.RanksPerChip, phase.From, phase.To, out int _);
            if (origin >= 0 && origins.Add(origin))
                chosen.Add(chip * _graph.RanksPerChip);
        }

        return chosen;
    }

    private string NameOf(int link, double latency, double transfer) => link < 0 || latency > transfer
        ? "latency"
        : _graph.HasFaults ? _graph.LinkName(link) : _graph.LinkKind(link);

    private readonly record struct Done(double Latency, double Transfer, int Busiest, int Flows, string Detour, bool Launched);
}
