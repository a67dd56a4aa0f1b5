using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>Runs every collective on a system both ways, over sizes and groups, with nothing else on the network.</summary>
public static class NetworkAgreement
{
    /// <summary>Chips of the groups.</summary>
    public static ImmutableArray<int> Groups { get; } = [2, 8, 64, 512];

    /// <summary>Sizes.</summary>
    public static ImmutableArray<Bytes> Sizes { get; } =
        [.. new double[] { 1 << 10, 1 << 14, 1 << 17, 1 << 20, 1 << 23, 1 << 26, 1 << 29, 4.0 * (1 << 30) }.Select(static size => new Bytes(size))];

    /// <summary>Difference that is agreed on.</summary>
    public const double Tolerance = 0.1;

    /// <summary>All points of one system.</summary>
    /// <param name="factory">Where libraries come from.</param>
    /// <param name="system">The machine.</param>
    /// <param name="groups">Chips of the groups; <see cref="Groups"/> where left out.</param>
    public static IEnumerable<NetworkPoint> Of(ClosedFormFactory factory, SystemDescription system, ImmutableArray<int> groups = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        ArgumentNullException.ThrowIfNull(system);
        foreach (int chips in groups.IsDefault ? Groups : groups)
        {
            if (system.MaximumChips > 0 && chips > system.MaximumChips)
                continue;
            SystemDescription slice = SystemSlices.Fit(system, chips);
            if (factory.Create(slice).Value is not { } closed)
                continue;
            int ranks = chips * slice.Chip.RanksPerChip;
            FlowCollectives flows = new(new FabricGraph(slice, FabricGraph.ChipsFor(slice, chips, slice.Chip.RanksPerChip), slice.Chip.RanksPerChip), closed);
            foreach (CollectiveKind kind in Enum.GetValues<CollectiveKind>())
            {
                RankGroup group = flows.Whole(kind, ranks);
                foreach (Bytes size in Sizes)
                {
                    Collective collective = new(kind, size);
                    CollectiveCost cost = closed.Cost(collective, group);
                    if (flows.Run(collective, group) is { } flow)
                        yield return new NetworkPoint(system.Id, kind, chips, size, cost.Algorithm, cost.Time, flow.Time, cost.Bound);
                }
            }
        }
    }
}
