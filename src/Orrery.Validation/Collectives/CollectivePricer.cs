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

    private readonly ImmutableArray<MeasuredLibrary> _libraries = MeasuredLibrary.All(catalog.DataRoot);
    private readonly ClosedFormFactory _factory = new(catalog.DataRoot);
    private readonly Dictionary<string, SystemDescription?> _systems = new(StringComparer.Ordinal);

    /// <summary>The prediction and the standard deviation of its logarithm; null with <paramref name="why"/> where the case cannot be expressed.</summary>
    public (Seconds Time, double Sigma)? Price(CollectiveCase row, out string why)
    {
        ArgumentNullException.ThrowIfNull(row);
        why = "";
        int nodes = NodesOf(row);
        if (!row.Origin.IsExpressible)
            why = row.Origin.WhyNot;
        else if (BytesOf(row) is null || row.Ranks < 1 || nodes < 1 || row.Ranks % nodes != 0)
            why = "message, ranks or nodes are not stated";
        else if (KindOf(row.Operation) is null)
            why = $"'{row.Operation}' is no collective of ours";
        if (why.Length > 0)
            return null;
        if (Open(row) is not { } opened)
        {
            why = $"no system in the catalogue has the chip '{row.Chip}'";
            return null;
        }

        NumberFormat format = NumberFormats.TryParse(row.DataType, out NumberFormat read) ? read : NumberFormat.Fp32;
        Collective collective = new(KindOf(row.Operation)!.Value, new Bytes(BytesOf(row)!.Value), format);
        RankGroup group = WaysOf(row) is { } ways ? opened.Apart((int)ways) : opened.Group(row.Ranks / nodes, nodes);
        CollectiveAlgorithm? forced = row.Algorithm.Contains("NVLS disabled", StringComparison.OrdinalIgnoreCase) ? AlgorithmRegistry.Find("nccl-bulk") : null;
        CollectiveCost cost = forced is null ? opened.Model.Cost(collective, group) : opened.Model.Cost(collective, group, forced);
        return (cost.Time, opened.Model.Sigma(collective, group));
    }

    /// <summary>What an operation is here; tokens that are sent to experts and back are exchanges.</summary>
    internal static CollectiveKind? KindOf(string operation) => operation switch
    {
        "all_reduce" => CollectiveKind.AllReduce,
        "all_gather" => CollectiveKind.AllGather,
        "reduce_scatter" => CollectiveKind.ReduceScatter,
        "alltoall" or "all_to_all" or "moe_dispatch" or "moe_combine" => CollectiveKind.AllToAll,
        "send_recv" => CollectiveKind.PointToPoint,
        "broadcast" => CollectiveKind.Broadcast,
        _ => null,
    };

    /// <summary>
    /// Bytes of a row. Where tokens are sent to experts and only their shape is stated: tokens x hidden x bytes of a figure x copies, one copy for each group of experts
    /// on another server, one for each expert inside one.
    /// </summary>
    public static double? BytesOf(CollectiveCase row)
    {
        if (row.MessageBytes is { } message)
            return WaysOf(row) is { } ways ? message * ways / (ways - 1) : message;
        if (Figure(row.Notes, " tokens per batch", isBefore: true) is not { } tokens || Figure(row.Notes, "hidden ", isBefore: false) is not { } hidden
            || Figure(row.Notes, "top-", isBefore: false) is not { } groups)
            return null;
        double width = row.Operation == "moe_combine" ? NumberFormat.Bf16.BytesPerElement() : NumberFormat.Fp8.BytesPerElement();
        return tokens * hidden * width * Math.Min(groups, Math.Max(1, row.Nodes));
    }

    /// <summary>Measured time: printed, or from the rate that is.</summary>
    internal static double? TimeOf(CollectiveCase row, double bytes) => row.TimeUs is > 0
        ? row.TimeUs.Value * 1e-6
        : row.BusGBps is > 0 ? bytes * BusFactor(row) / (row.BusGBps.Value * 1e9) : null;

    /// <summary>Bus bandwidth over size per time, by the rule of the NCCL tests; tables of experts print size over time.</summary>
    internal static double BusFactor(CollectiveCase row) => row.Operation switch
    {
        "all_reduce" => 2 * (row.Ranks - 1.0) / row.Ranks,
        "broadcast" or "send_recv" or "moe_dispatch" or "moe_combine" => 1,
        _ => WaysOf(row) is { } ways ? (ways - 1) / ways : (row.Ranks - 1.0) / row.Ranks,
    };

    /// <summary>The machine of a row: the system the case names, else one its link names ("2x p4de.24xlarge, ..."), else the first whose chip it is.</summary>
    internal SystemDescription? SystemOf(CollectiveCase row)
    {
        string key = $"{row.Origin.System}|{row.Link}|{row.Chip}|{row.Chips}";
        if (_systems.TryGetValue(key, out SystemDescription? known))
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

        int chips = row.Chips > 0 ? row.Chips : NodesOf(row) == 1 ? row.Ranks : 0;
        if (found is not null && chips > 0)
            found = SystemSlices.Fit(found, chips);
        _systems.Add(key, found);
        return found;
    }

    /// <summary>Members that a gather joins where a table prints what each takes in ("over 4-way gather"); null elsewhere.</summary>
    private static double? WaysOf(CollectiveCase row) => row.SizeConvention.StartsWith("transferred", StringComparison.Ordinal)
        ? Figure(row.SizeConvention, "-way", isBefore: true) is { } ways and > 1 ? ways : null
        : null;

    /// <summary>A slice of a torus is one machine, however many hosts it has.</summary>
    private static int NodesOf(CollectiveCase row) => row.Nodes == 0 && row.Link.Contains("torus", StringComparison.OrdinalIgnoreCase) ? 1 : row.Nodes;

    private static double? Figure(string notes, string word, bool isBefore)
    {
        int at = notes.IndexOf(word, StringComparison.Ordinal);
        if (at < 0)
            return null;
        int start = isBefore ? at : at + word.Length, end = start;
        while (isBefore && start > 0 && char.IsAsciiDigit(notes[start - 1]))
            start--;
        while (!isBefore && end < notes.Length && char.IsAsciiDigit(notes[end]))
            end++;
        return double.TryParse(notes.AsSpan(start, end - start), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out double figure) ? figure : null;
    }

    private Opened? Open(CollectiveCase row)
    {
        string library = MeasuredLibrary.Of(_libraries, row).Name;
        SystemDescription? system = SystemOf(row);
        if (system is null)
            return null;
        string key = $"{library}|{row.Origin.System}|{row.Link}|{row.Chip}|{row.Chips}";
        if (_opened.TryGetValue(key, out Opened? known))
            return known;
        ClosedFormCollectives? model = _factory.Create(system, measured: library).Value;
        Opened? opened = model is null ? null : new Opened(system, model);
        _opened.Add(key, opened);
        return opened;
    }

    private static bool IsOf(SystemDescription system, string chip) =>
        system.Chip.Id == chip || system.Chip.Aliases.Contains(chip, StringComparer.OrdinalIgnoreCase);

    private sealed class Opened(SystemDescription system, ClosedFormCollectives model)
    {
        private readonly RankGroups _groups = new(system, system.Chip.RanksPerChip);

        public ClosedFormCollectives Model => model;

        /// <summary>One member on each of <paramref name="chips"/> neighbouring chips.</summary>
        public RankGroup Apart(int chips)
        {
            int ranks = system.Chip.RanksPerChip;
            RankGroup group = _groups.Group(ranks, chips, ranks * chips);
            int[] alone = new int[group.Fanout.Length];
            Array.Fill(alone, 1);
            return group with { Concurrent = ImmutableArray.Create(alone) };
        }

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
