using Orrery.Catalog;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Cases;

namespace Orrery.Validation.Collectives;

/// <summary>Takes the samples of one chip, or of a family of chips, out of the published cases.</summary>
public static class ScaleUpSamples
{
    // Sweeps of the library's own benchmark in one server. The other tables time frameworks or other kernels, except for sends, which only a
    // framework's table has.
    private static readonly string[] Sweeps = ["nvidia-aiconfigurator-nccl", "aws-efa-nccl-tests", "stas00-ml-engineering"];
    private const string Sends = "vidur-collectives";

    /// <summary>
    /// Samples of every chip whose id or family is <paramref name="subject"/>, in file order. Only systems whose scale-up level is one switch
    /// count; a system is found by the chip it is made of.
    /// </summary>
    public static List<ScaleUpSample> Select(DataCatalog catalog, string subject, IEnumerable<CollectiveCase> cases)
    {
        List<(ChipDescription Chip, LevelDescription Level, CommunicationLibrary Library)> machines = [];
        foreach (string id in catalog.SystemIds)
        {
            if (catalog.System(id).Value is not { } system || (system.Chip.Id != subject && system.Chip.Family != subject))
                continue;
            LevelDescription level = system.Levels[0];
            if (level.Topology == TopologyKind.Switch && system.Levels.Length > 1 && CommunicationLibrary.Load(catalog.DataRoot, system.Chip).Value is { } library)
                machines.Add((system.Chip, level, library));
        }

        List<ScaleUpSample> samples = [];
        foreach (CollectiveCase row in cases)
        {
            if (!row.Origin.IsExpressible || row.Nodes != 1 || row.Ranks < 2 || row.MessageBytes is not { } bytes || row.TimeUs is not > 0)
                continue;
            if (Kind(row) is not { } kind || Format(row.DataType) is not { } format)
                continue;
            foreach ((ChipDescription chip, LevelDescription level, CommunicationLibrary library) in machines)
            {
                if (!chip.Aliases.Contains(row.Chip, StringComparer.OrdinalIgnoreCase))
                    continue;
                bool adds = level.ReducesInSwitch && library.SwitchAdds.Contains(format) && row.Ranks >= library.SwitchFrom
                    && !row.Algorithm.Contains("NVLS disabled", StringComparison.OrdinalIgnoreCase);
                samples.Add(new ScaleUpSample(row.Origin.Id, row.Origin.Group, kind, row.Ranks, bytes, level.BandwidthPerChip.Value.Value, adds, row.TimeUs.Value * 1e-6));
                break;
            }
        }

        return samples;
    }

    /// <summary>The operation of a row that a fit can use; null for others.</summary>
    private static CollectiveKind? Kind(CollectiveCase row) => row.Operation switch
    {
        "send_recv" when row.Origin.Group == Sends => CollectiveKind.PointToPoint,
        _ when Array.IndexOf(Sweeps, row.Origin.Group) < 0 => null,
        "all_reduce" => CollectiveKind.AllReduce,
        "all_gather" => CollectiveKind.AllGather,
        "reduce_scatter" => CollectiveKind.ReduceScatter,
        "alltoall" => CollectiveKind.AllToAll,
        _ => null,
    };

    /// <summary>The benchmark sums 32-bit floats where nothing is printed.</summary>
    private static NumberFormat? Format(string text) =>
        text.Length == 0 ? NumberFormat.Fp32 : NumberFormats.TryParse(text, out NumberFormat format) ? format : null;
}
