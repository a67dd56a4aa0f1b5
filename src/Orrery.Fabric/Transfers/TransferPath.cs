using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// The way of transfers from one set of chips to another, possibly of another system: the innermost level that holds both sets, a scale-up fabric that
/// two systems share, or else the network that each system's outermost level is.
/// </summary>
/// <remarks>
/// Chips of each end lie beside one another, those of the second end after those of the first. Every chip has its own port into the level and a switch that
/// blocks nothing is between; on rings and tori the links between chips are not counted one by one.
/// </remarks>
/// <param name="From">Ports of the chips that send.</param>
/// <param name="To">Ports of the chips that receive.</param>
/// <param name="IsScaleUp">True inside a scale-up domain.</param>
/// <param name="Domain">The fabric that two systems share; null where it is one system's own level or a network.</param>
public sealed record TransferPath(TransferPort From, TransferPort To, bool IsScaleUp, SharedDomain? Domain)
{
    /// <summary>Time of the first byte: the slower end counts.</summary>
    public Seconds Latency => Seconds.Max(From.Latency, To.Latency);

    /// <summary>The path between two sets of chips.</summary>
    /// <param name="domains">Fabrics that systems share.</param>
    public static TransferPath Between(
        SystemDescription from, int fromChips, CommunicationLibrary fromLibrary, SystemDescription to, int toChips, CommunicationLibrary toLibrary, SharedDomains domains)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        int chips = checked(fromChips + toChips);
        if (from.Id == to.Id)
        {
            int level = Meeting(from, chips);
            bool isInside = level < from.Levels.Length - 1;
            return new TransferPath(Port(from, level, isInside, fromLibrary), Port(to, level, isInside, toLibrary), isInside, null);
        }

        foreach (SharedDomain domain in domains.All)
        {
            if (domain.Joins(from.Id, to.Id, chips) && LevelOf(from, domain) is var one and >= 0 && LevelOf(to, domain) is var other and >= 0)
                return new TransferPath(Port(from, one, true, fromLibrary), Port(to, other, true, toLibrary), true, domain);
        }

        return new TransferPath(Port(from, from.Levels.Length - 1, false, fromLibrary), Port(to, to.Levels.Length - 1, false, toLibrary), false, null);
    }

    /// <summary>The innermost level whose members hold so many chips; the outermost where none inside does.</summary>
    private static int Meeting(SystemDescription system, int chips)
    {
        long held = 1;
        for (int level = 0; level < system.Levels.Length - 1; level++)
        {
            if (system.Levels[level].Name == RankGroups.ChipLevel)
                continue;
            held *= Math.Max(1, system.Levels[level].Size);
            if (held >= chips)
                return level;
        }

        return system.Levels.Length - 1;
    }

    private static int LevelOf(SystemDescription system, SharedDomain domain)
    {
        string? name = domain.LevelOf(system.Id);
        for (int level = 0; level < system.Levels.Length; level++)
        {
            if (system.Levels[level].Name == name)
                return level;
        }

        return -1;
    }

    private static TransferPort Port(SystemDescription system, int level, bool isScaleUp, CommunicationLibrary library)
    {
        LevelDescription description = system.Levels[level];
        LibraryScope scope = isScaleUp ? library.ScaleUp : library.ScaleOut;
        return new TransferPort(system.Id, description.Name, description.BandwidthPerChip.Value, scope.Share.Value, description.Latency.Value + scope.Step.Value);
    }
}
