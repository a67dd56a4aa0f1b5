using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Collectives;

/// <summary>Predicts the time of published collectives. Opens each system once.</summary>
public sealed class CollectivePricer(DataCatalog catalog)
{
    private readonly Dictionary<string, Opened?> _opened = new(StringComparer.Ordinal);

    /// <summary>The prediction and the standard deviation of its logarithm; null with <paramref name="why"/> where the case cannot be expressed.</summary>
    public (Seconds Time, double Sigma)? Price(CollectiveCase row, out string why)
    {
        why = "";
        if (!row.Origin.IsExpressible)
            why = row.Origin.WhyNot;
        else if (row.MessageBytes is null || row.Ranks < 1 || row.Nodes < 1 || row.Ranks % row.Nodes != 0)
            why = "message, ranks or nodes are not stated";
        else if (Kind(row.Operation) is null)
            why = $"'{row.Operation}' is no collective of ours";
        if (why.Length > 0)
            return null;
        if (Open(row) is not { } opened)
        {
            why = $"no system in the catalogue has the chip '{row.Chip}'";
            return null;
        }

        NumberFormat format = NumberFormats.TryParse(row.DataType, out NumberFormat read) ? read : NumberFormat.Fp32;
        Collective collective = new(Kind(row.Operation)!.Value, new Bytes(row.MessageBytes!.Value), format);
        RankGroup group = opened.Group(row.Ranks / row.Nodes, row.Nodes);
        CollectiveAlgorithm? forced = row.Algorithm.Contains("NVLS disabled", StringComparison.OrdinalIgnoreCase) ? AlgorithmRegistry.Find("nccl-bulk") : null;
        CollectiveCost cost = forced is null ? opened.Model.Cost(collective, group) : opened.Model.Cost(collective, group, forced);
        return (cost.Time, opened.Model.Sigma(collective, group));
    }

    private static CollectiveKind? Kind(string operation) => operation switch
    {
        "all_reduce" => CollectiveKind.AllReduce,
        "all_gather" => CollectiveKind.AllGather,
        "reduce_scatter" => CollectiveKind.ReduceScatter,
        "alltoall" or "all_to_all" => CollectiveKind.AllToAll,
        "send_recv" => CollectiveKind.PointToPoint,
        "broadcast" => CollectiveKind.Broadcast,
        _ => null,
    };

    /// <summary>The system the case names, else one its link names ("2x p4de.24xlarge, ..."), else the first whose chip it is.</summary>
    private Opened? Open(CollectiveCase row)
    {
        string key = $"{row.Origin.System}|{row.Link}|{row.Chip}|{row.Chips}";
        if (_opened.TryGetValue(key, out Opened? known))
            return known;
        SystemDescription? found = row.Origin.System.Length > 0 ? catalog.System(row.Origin.System).Value : null;
        foreach (string word in row.Link.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
        {
            if (found is not null)
                break;
            if (catalog.System(word).Value is { } named && IsOf(named, row.Chip))
                found = named;
        }

        foreach (string id in catalog.SystemIds)
        {
            if (found is not null)
                break;
            if (catalog.System(id).Value is { } system && IsOf(system, row.Chip))
                found = system;
        }

        if (found is not null && row.Chips > 0)
            found = SystemSlices.Fit(found, row.Chips);
        ClosedFormCollectives? model = found is null ? null : ClosedFormCollectives.Open(catalog.DataRoot, found).Value;
        Opened? opened = model is null ? null : new Opened(found!, model);
        _opened.Add(key, opened);
        return opened;
    }

    private static bool IsOf(SystemDescription system, string chip) =>
        system.Chip.Id == chip || system.Chip.Aliases.Contains(chip, StringComparer.OrdinalIgnoreCase);

    private sealed class Opened(SystemDescription system, ClosedFormCollectives model)
    {
        private readonly RankGroups _groups = new(system, system.Chip.RanksPerChip);

        public ClosedFormCollectives Model => model;

        /// <summary><paramref name="inside"/> neighbours in each of <paramref name="nodes"/> servers.</summary>
        public RankGroup Group(int inside, int nodes)
        {
            int server = system.ChipsPerServer * system.Chip.RanksPerChip;
            if (nodes == 1 || inside == server)
                return _groups.Group(1, inside * nodes, inside * nodes);

            // Part of each server: as many neighbours of the first server, and one server's stride to the next.
            RankGroup near = _groups.Group(1, inside, server), far = _groups.Group(server, nodes, server * nodes);
            int[] fanout = new int[near.Fanout.Length];
            for (int level = 0; level < fanout.Length; level++)
                fanout[level] = near.Fanout[level] * far.Fanout[level];
            return new RankGroup(ImmutableArray.Create(fanout), near.Concurrent);
        }
    }
}
