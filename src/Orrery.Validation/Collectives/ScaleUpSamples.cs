using System.Collections.Immutable;
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
    /// Samples of every chip whose id or family is <paramref name="subject"/>, in file order; <c>LIBRARY.CHIP</c> takes the rows of a library of
    /// <c>data/calibration/measured.yaml</c>. Only systems whose scale-up level is one switch count; a system is found by the chip it is made of.
    /// </summary>
    public static List<ScaleUpSample> Select(DataCatalog catalog, string subject, IEnumerable<CollectiveCase> cases)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(subject);
        ArgumentNullException.ThrowIfNull(cases);
        int dot = subject.IndexOf('.', StringComparison.Ordinal);
        string wanted = dot > 0 ? subject[..dot] : "", made = subject[(dot + 1)..];
        ImmutableArray<MeasuredLibrary> libraries = MeasuredLibrary.All(catalog.DataRoot);
        CollectivePricer systems = new(catalog);
        List<ScaleUpSample> samples = [];
        foreach (CollectiveCase row in cases)
        {
            MeasuredLibrary library = MeasuredLibrary.Of(libraries, row);
            bool isSend = wanted.Length == 0 && row.Origin.Group == Sends && row.Operation == "send_recv" && row.Nodes == 1;
            if (!row.Origin.IsExpressible || (library.Name != wanted && !isSend))
                continue;
            if (wanted.Length == 0 && !isSend && (Array.IndexOf(Sweeps, row.Origin.Group) < 0 || row.Nodes != 1))
                continue;
            if (row.Nodes < 1 || row.Ranks < 2 || row.Ranks % row.Nodes != 0 || (row.Nodes > 1 && !library.HasNetwork))
                continue;
            if (CollectivePricer.KindOf(row.Operation) is not { } kind || Format(row.DataType) is not { } format || CollectivePricer.BytesOf(row) is not { } bytes)
                continue;
            if (CollectivePricer.TimeOf(row, bytes) is not { } time || systems.SystemOf(row) is not { } system)
                continue;
            ChipDescription chip = system.Chip;
            if ((chip.Id != made && chip.Family != made) || system.Levels.Length < 2 || CommunicationLibrary.Load(catalog.DataRoot, chip).Value is not { } rule)
                continue;
            LevelDescription level = system.Levels[row.Nodes > 1 ? system.Levels.Length - 1 : 0];
            if (row.Nodes == 1 && level.Topology != TopologyKind.Switch)
                continue;
            int beside = row.Nodes > 1 ? row.Ranks / row.Nodes : 0;
            bool adds = row.Nodes == 1 && level.ReducesInSwitch && rule.SwitchAdds.Contains(format) && row.Ranks >= rule.SwitchFrom
                && !row.Algorithm.Contains("NVLS disabled", StringComparison.OrdinalIgnoreCase);
            bool isShared = beside > 1 && kind is not CollectiveKind.AllToAll and not CollectiveKind.PointToPoint;
            samples.Add(new ScaleUpSample(
                row.Origin.Id, row.Origin.Group, kind, row.Nodes > 1 ? row.Nodes : row.Ranks, isShared ? bytes / beside : bytes, level.BandwidthPerChip.Value.Value, adds, time, beside, row.Nodes == 1 && level.LinksPerChip <= 1));
        }

        return samples;
    }

    /// <summary>The benchmark sums 32-bit floats where nothing is printed.</summary>
    private static NumberFormat? Format(string text) =>
        text.Length == 0 ? NumberFormat.Fp32 : NumberFormats.TryParse(text, out NumberFormat format) ? format : NumberFormat.Fp8;
}
