using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// Collectives by formula: the algorithm the chip's library would take, on the ports the group has. Across levels a collective is hierarchical
/// (reduce-scatter inside, all-reduce across, all-gather inside); a library that spans levels treats a scale-up domain as one, whatever is inside.
/// Messages from each to each go over all levels at once. Remembers every answer; after the first call with a collective and group nothing is
/// allocated. Not for use by several threads at once.
/// </summary>
public sealed class ClosedFormCollectives : CollectiveModel
{
    // A search over plans asks about some thousands of sizes; past this something is asking at random and memory matters more.
    private const int MostRemembered = 1 << 18;

    private readonly SystemDescription _system;
    private readonly CommunicationLibrary _library;
    private readonly ProtocolTable? _protocols;
    private readonly ProtocolTable? _network;
    private readonly LevelPorts _ports;
    private readonly CollectivePlan _plan = new();
    private readonly Dictionary<(Collective, RankGroup), CollectiveCost> _known = [];

    /// <summary>
    /// A model of <paramref name="system"/> under <paramref name="library"/>.
    /// </summary>
    /// <param name="system">The machine.</param>
    /// <param name="library">Its communication library.</param>
    /// <param name="protocols">Constants measured on this chip's scale-up switch or, marked so, its family's; null for none.</param>
    /// <param name="networkShare">Achieved share of the network's line rate, a property of the software stack; null takes the library's.</param>
    /// <param name="network">Constants measured between servers like these; null for none.</param>
    public ClosedFormCollectives(SystemDescription system, CommunicationLibrary library, ProtocolTable? protocols = null, double? networkShare = null, ProtocolTable? network = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(library);
        _system = system;
        _library = library;
        _protocols = protocols;
        _ports = new LevelPorts(system, library, protocols, Math.Clamp(networkShare ?? library.ScaleOut.Share.Value, 1e-3, 1), network);
        _network = network;
    }

    /// <summary>Opens the model of one system from a data folder; who opens several does so through one <see cref="ClosedFormFactory"/>.</summary>
    public static Result<ClosedFormCollectives> Open(string dataRoot, SystemDescription system, double? networkShare = null) =>
        new ClosedFormFactory(dataRoot).Create(system, networkShare);

    /// <inheritdoc/>
    public override CollectiveCost Cost(in Collective collective, RankGroup group)
    {
        if (group.Size <= 1)
            return new CollectiveCost(Seconds.Zero, Seconds.Zero, "none", "none", Seconds.Zero);
        (Collective, RankGroup) key = (collective, group);
        if (_known.TryGetValue(key, out CollectiveCost known))
            return known;
        CollectiveCost cost = Compute(collective, group, forced: null);
        if (_known.Count >= MostRemembered)
            _known.Clear();
        _known.Add(key, cost);
        return cost;
    }

    /// <summary>
    /// Cost with one algorithm wherever it can do the phase (others fall back to the library's choice); not remembered.
    /// </summary>
    public CollectiveCost Cost(in Collective collective, RankGroup group, CollectiveAlgorithm algorithm) =>
        group.Size <= 1 ? Cost(collective, group) : Compute(collective, group, algorithm);

    /// <inheritdoc/>
    public override double Sigma(in Collective collective, RankGroup group)
    {
        int outermost = Outermost(group);
        if (outermost < 0)
            return 0;
        if (outermost == _ports.Network)
            return _network?[collective.Kind] is { } across ? across.Sigma * (_network.IsFamily ? _library.ScaleOut.CarriedSigma.Value : 1) : _library.ScaleOut.Sigma.Value;

        ProtocolConstants? fitted = _ports.Merge(group, 0, outermost, collective.Format).Protocols?[collective.Kind];
        return fitted is { } constants ? constants.Sigma * (_protocols!.IsFamily ? _library.ScaleUp.CarriedSigma.Value : 1) : _library.ScaleUp.Sigma.Value;
    }

    /// <summary>The communication library the model follows.</summary>
    public CommunicationLibrary Library => _library;

    /// <summary>Where the constants came from, one line.</summary>
    public string Provenance => (_protocols is null
        ? $"collectives: {_library.Name}, mechanism with stated and assumed constants (data/fabric){NetworkProvenance}"
        : $"collectives: {_library.Name}, scale-up fitted on {_protocols.Subject}{(_protocols.IsFamily ? " (same family, not this chip)" : "")}{NetworkProvenance} (data/calibration/collectives)")
        + (_system.Communication is { } own ? $"; times factors of this machine, {own.FittedOn}" : "");

    private string NetworkProvenance => _network is null ? ""
        : _network.Subject == _protocols?.Subject ? ", the network between such servers too"
        : $", the network on {_network.Subject}{(_network.IsFamily ? " (same network, not this chip)" : "")}";

    private CollectiveCost Compute(in Collective collective, RankGroup group, CollectiveAlgorithm? forced)
    {
        Seconds bound = Bound(collective, group);
        Plan(collective, group, forced, _plan);
        Seconds latency = _plan.IncludesLaunch ? Seconds.Zero : _library.Launch.Value;
        Seconds sum = Seconds.Zero, slowest = Seconds.Zero;
        int bottleneck = _plan.Phases[0].To;
        ReadOnlySpan<PlannedPhase> phases = _plan.Phases;
        for (int index = 0; index < phases.Length; index++)
        {
            // Scattering and gathering on the same levels are one phase there and back.
            Seconds transfer = phases[index].Time.Transfer;
            latency += phases[index].Time.Latency;
            if (index + 1 < phases.Length && phases[index + 1].From == phases[index].From)
            {
                transfer += phases[index + 1].Time.Transfer;
                latency += phases[++index].Time.Latency;
            }

            sum += transfer;
            if (transfer > slowest)
                (slowest, bottleneck) = (transfer, phases[index].To);
        }

        double streaming = _library.Streaming.Value;
        Seconds wire = (streaming * slowest) + ((1 - streaming) * sum);
        return new CollectiveCost(Seconds.Max(latency + wire, bound), bound, _plan.Name, Bottleneck(bottleneck, wire, latency), latency);
    }

    /// <summary>What nothing can beat.</summary>
    internal Seconds Bound(in Collective collective, RankGroup group) => CollectiveBound.Compute(collective, group, _system, _ports);

    /// <summary>Ports by level.</summary>
    internal LevelPorts Ports => _ports;

    /// <summary>Fills <paramref name="plan"/> with what the library does, or with one algorithm wherever it can do the phase.</summary>
    internal void Plan(in Collective collective, RankGroup group, CollectiveAlgorithm? forced, CollectivePlan plan)
    {
        plan.Clear();
        int outermost = Outermost(group);
        int innermost = Innermost(group);
        bool crossesNetwork = outermost == _ports.Network && innermost < _ports.Network;
        if (outermost == _ports.Network && _network?[collective.Kind] is not null)
        {
            // Fitted between servers: what goes on inside them is in the constants.
            double beside = _ports.Beside(group);
            Bytes part = collective.Kind is CollectiveKind.AllToAll or CollectiveKind.PointToPoint ? collective.Size : collective.Size / beside;
            GroupPorts network = _ports.Merge(group, _ports.Network, _ports.Network, collective.Format);
            if (Fastest(AlgorithmRegistry.Fitted, collective.Kind, part, network, out CollectiveAlgorithm? fitted) is { } time)
            {
                plan.Add(new PlannedPhase(collective.Kind, part, _ports.Network, _ports.Network, beside, fitted!, network, time));
                plan.Call(fitted!.Name, fitted.Name);
                return;
            }
        }

        bool isDirect = collective.Kind is CollectiveKind.AllToAll or CollectiveKind.PointToPoint or CollectiveKind.Gather or CollectiveKind.Scatter;
        if (isDirect || (_library.SpansLevels && !crossesNetwork))
        {
            Add(plan, collective.Kind, collective.Size, innermost, outermost, 1, _ports.Merge(group, innermost, outermost, collective.Format), forced);
            plan.Call(plan.Phases[0].Algorithm.Name, plan.Phases[0].Algorithm.Name);
            return;
        }

        double inside = 1;
        int to;
        for (int from = 0; from <= outermost; from = to + 1)
        {
            to = _library.SpansLevels && from < _ports.Network ? Math.Min(_ports.Network - 1, outermost) : from;
            GroupPorts ports = _ports.Merge(group, from, to, collective.Format);
            if (ports.Ranks <= 1)
                continue;

            // The members below hold a share of the data each. Reducing, the outermost level carries out the collective itself on its share, the
            // levels inside scatter towards it and gather from it; gathering and scattering go through the levels once.
            double below = Math.Min(inside, group.Size);
            Bytes share = collective.Size / below;
            bool scatters = collective.Kind == CollectiveKind.AllReduce && to != outermost;

            // The members of a last domain that is filled in part carry more across.
            Bytes most = group.LastPart > 0 && to == outermost && below > group.LastPart ? collective.Size / group.LastPart : share;
            Add(plan, scatters ? CollectiveKind.ReduceScatter : collective.Kind, share, from, to, below, ports, forced, most);
            if (scatters)
                Add(plan, CollectiveKind.AllGather, share, from, to, below, ports, forced);

            inside *= ports.Ranks;
        }

        plan.Call(plan.Phases[0].Algorithm.Name, plan.Phases[plan.Count - 1].Algorithm.Name);
    }

    /// <summary>
    /// Adds the fastest algorithm of the first line of the library's rule that fits the message and can do the operation; any algorithm where no
    /// line can.
    /// </summary>
    private void Add(
        CollectivePlan plan, CollectiveKind kind, Bytes size, int from, int to, double inside, in GroupPorts ports, CollectiveAlgorithm? forced, Bytes? most = null)
    {
        Bytes priced = most ?? size;
        if (forced is not null && forced.Supports(kind, ports))
        {
            plan.Add(new PlannedPhase(kind, size, from, to, inside, forced, ports, forced.Time(kind, priced, ports)));
            return;
        }

        foreach (AlgorithmChoice line in _ports.ScopeOf(to).Choice)
        {
            if (line.Fits(priced, ports.Ranks) && Fastest(line.Algorithms, kind, priced, ports, out CollectiveAlgorithm? chosen) is { } time)
            {
                plan.Add(new PlannedPhase(kind, size, from, to, inside, chosen!, ports, time));
                return;
            }
        }

        if (Fastest(AlgorithmRegistry.All, kind, priced, ports, out CollectiveAlgorithm? any) is not { } found)
            throw new InvalidOperationException($"no algorithm can do {kind}");
        plan.Add(new PlannedPhase(kind, size, from, to, inside, any!, ports, found));
    }

    private static PhaseTime? Fastest(
        ImmutableArray<CollectiveAlgorithm> algorithms, CollectiveKind kind, Bytes size, in GroupPorts ports, out CollectiveAlgorithm? chosen)
    {
        chosen = null;
        PhaseTime best = default;
        foreach (CollectiveAlgorithm algorithm in algorithms)
        {
            if (!algorithm.Supports(kind, ports))
                continue;
            PhaseTime time = algorithm.Time(kind, size, ports);
            if (chosen is null || time.Total < best.Total)
            {
                best = time;
                chosen = algorithm;
            }
        }

        return chosen is null ? null : best;
    }

    private string Bottleneck(int level, Seconds transfer, Seconds latency) =>
        transfer >= latency ? _system.Levels[level].Name : _system.Levels[level].Name + " latency";

    private static int Outermost(RankGroup group)
    {
        for (int level = group.Fanout.Length - 1; level >= 0; level--)
        {
            if (group.Fanout[level] > 1)
                return level;
        }

        return -1;
    }

    private static int Innermost(RankGroup group)
    {
        int level = 0;
        while (group.Fanout[level] <= 1)
            level++;
        return level;
    }
}
