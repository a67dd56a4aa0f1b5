using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>The links of one level, in a line. Rates are of one direction; both directions work at once.</summary>
/// <param name="Level">Name of the level.</param>
/// <param name="Wiring">Topology in words, with its sides.</param>
/// <param name="Joins">What one domain of the level joins.</param>
/// <param name="Links">Links of one chip into the level.</param>
/// <param name="PerLink">Rate of one of them.</param>
/// <param name="PerChip">Rate of all of them.</param>
/// <param name="Latency">Of a message, or of one hop on rings and tori.</param>
/// <param name="Way">How messages are routed.</param>
/// <param name="Example">A name that <c>--slow</c> and <c>--fail</c> take.</param>
public sealed record LinkSummary(
    string Level, string Wiring, string Joins, int Links, BytesPerSecond PerLink, BytesPerSecond PerChip, Seconds Latency, string Way, string Example)
{
    /// <summary>The links of a system, innermost level first.</summary>
    public static ImmutableArray<LinkSummary> Of(SystemDescription system)
    {
        ArgumentNullException.ThrowIfNull(system);
        FabricGraph graph = new(system, Math.Max(1, system.ChipsPerScaleUpDomain), system.Chip.RanksPerChip);
        ImmutableArray<LinkSummary>.Builder lines = ImmutableArray.CreateBuilder<LinkSummary>();
        foreach (FabricLevel level in graph.Levels)
        {
            LevelDescription description = level.Description;
            int links = level.IsOfRanks ? level.Ports : level.IsSwitched ? description.LinksPerChip : Math.Max(level.Ports, description.LinksPerChip);
            BytesPerSecond perChip = description.BandwidthPerChip.Value;
            BytesPerSecond perLink = level.IsOfRanks ? new BytesPerSecond(level.LinkRate) : perChip / Math.Max(1, links);
            lines.Add(new LinkSummary(description.Name, WiringOf(level), JoinsOf(graph, level), links, perLink, perChip, description.Latency.Value, WayOf(level), ExampleOf(level)));
        }

        return lines.ToImmutable();
    }

    private static string WiringOf(FabricLevel level)
    {
        string open = level.Wraps.Contains(false) ? ", open" : "";
        string planes = level.Description.Planes > 1 ? $", {level.Description.Planes} planes" : "";
        return level.Kind switch
        {
            TopologyKind.Switch => level.Description.ReducesInSwitch ? $"switch that adds{planes}" : $"switch{planes}",
            TopologyKind.FullMesh => "full mesh",
            TopologyKind.Ring => $"ring{open}",
            TopologyKind.Torus2D or TopologyKind.Torus3D => $"torus {string.Join(" x ", level.Sides)}{open}",
            _ => level.Description.Oversubscription > 1 ? $"Clos {Quantity.FormatNumber(level.Description.Oversubscription)}:1{planes}" : $"Clos{planes}",
        };
    }

    private static string JoinsOf(FabricGraph graph, FabricLevel level)
    {
        if (level.IsOfRanks)
            return $"{level.Size} ranks of a chip";
        string members = level.Description.Size == 0 ? "any number" : level.Size.ToString();
        string kind = level.Stride == 1 ? "chips" : graph.Levels[level.Index - 1].Description.Name + "s";
        string same = !level.IsSwitched && level.Stride > 1 ? ", chips at the same place" : "";
        return $"{members} {kind}{same}";
    }

    private static string WayOf(FabricLevel level) => level.Description.Routing switch
    {
        Routing.Shortest => "all shortest ways",
        Routing.EqualCost => "one equal path a pair",
        Routing.DimensionOrdered => "side after side",
        _ => level.Kind switch
        {
            TopologyKind.Torus2D or TopologyKind.Torus3D => "side after side",
            TopologyKind.Ring => "shorter way round",
            TopologyKind.Clos => "all paths at once",
            _ => "direct",
        },
    };

    private static string ExampleOf(FabricLevel level) => level.IsOfRanks
        ? ""
        : level.IsSwitched ? $"chip0/{level.Description.Name}" : level.Neighbour(0, 0) is > 0 and int other ? $"chip0-chip{other}" : "";
}
