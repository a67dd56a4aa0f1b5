using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>Where the chips of a job are, apart from the even spread of <see cref="RankGroups"/>.</summary>
public static class JobPlacement
{
    /// <summary>All ranks of a job that fills one domain after the other; the last may be filled in part.</summary>
    public static RankGroup Packed(SystemDescription system, int ranksPerChip, int ranks) => Fill(system, ranksPerChip, ranks, ranks, int.MaxValue);

    /// <summary>All ranks of a job that has so many chips in each of so many scale-up domains.</summary>
    public static RankGroup InDomains(SystemDescription system, int ranksPerChip, int chips, int domains)
    {
        RankGroup one = Fill(system, ranksPerChip, chips * ranksPerChip, chips * ranksPerChip, 1);
        ImmutableArray<int> fanout = one.Fanout.SetItem(one.Fanout.Length - 1, domains);
        return new RankGroup(fanout, one.Concurrent) { Size = checked(one.Size * domains) };
    }

    private static RankGroup Fill(SystemDescription system, int ranksPerChip, int ranks, int size, int mostDomains)
    {
        ArgumentNullException.ThrowIfNull(system);
        int[] fanout = new int[system.Levels.Length];
        int left = ranks;
        for (int level = 0; level < fanout.Length; level++)
        {
            LevelDescription description = system.Levels[level];
            bool isNetwork = level == fanout.Length - 1;
            int most = description.Name == RankGroups.ChipLevel ? ranksPerChip : isNetwork ? mostDomains : Math.Max(1, description.Size);
            fanout[level] = Math.Min(left, most);
            left = (left + fanout[level] - 1) / fanout[level];
        }

        int inside = 1;
        for (int level = 0; level < fanout.Length - 1; level++)
            inside *= fanout[level];
        bool onChip = system.Levels[0].Name == RankGroups.ChipLevel;
        int[] sharing = new int[fanout.Length];
        Array.Fill(sharing, Math.Max(1, ranksPerChip / (onChip ? fanout[0] : 1)));
        return new RankGroup(ImmutableArray.Create(fanout), ImmutableArray.Create(sharing)) { Size = size, LastPart = size % inside };
    }
}
