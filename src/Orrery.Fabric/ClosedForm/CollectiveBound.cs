using Orrery.Catalog;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// What no algorithm can beat: for the domains that meet at each level, the bytes that must enter or leave one whatever is done, over the rated
/// bandwidth of all its ports into this level and those outside that the group spans, plus one latency of the outermost level crossed.
/// </summary>
/// <remarks>
/// With N domains of m members each meeting at a level: reducing N vectors of S and giving all the result moves 2 (N - 1) S over the N domains'
/// ports without help (Patarasuk and Yuan, 2009), S each way where switches add; gathering must bring each domain what the others hold; exchanging
/// takes out of each domain what is for others; broadcasting brings S into each.
/// </remarks>
internal static class CollectiveBound
{
    public static Seconds Compute(in Collective collective, RankGroup group, SystemDescription system, LevelPorts ports)
    {
        double size = collective.Size.Value;
        double transfer = 0;
        double latency = 0;
        double n = group.Size;
        double rate = 0;
        bool adds = false;
        for (int level = system.Levels.Length - 1; level >= 0; level--)
        {
            int fanout = group.Fanout[level];
            if (fanout <= 1)
                continue;
            LevelDescription description = system.Levels[level];
            latency = Math.Max(latency, description.Latency.Value.Value);

            // A rank may send some of what stays near by way of an outer level, so outer ports count as well; a switch outside may add for those
            // inside.
            // One rank of a chip that gathers or scatters for all has its chip's ports for itself.
            bool isRoot = collective.Kind is CollectiveKind.Gather or CollectiveKind.Scatter && description.Name == RankGroups.ChipLevel;
            rate = (isRoot ? rate * ports.OnChip(group) : rate) + ports.Rated(group, level).Value;
            adds |= description.ReducesInSwitch;

            // An uneven group holds fewer members than its parts would: never count more than there are.
            double members = Math.Min(Inside(group, level), n);
            double domains = n / members;
            double passes = collective.Kind switch
            {
                CollectiveKind.AllReduce => (adds ? 1 : 2 * (domains - 1) / domains) * size / members,
                CollectiveKind.AllGather or CollectiveKind.ReduceScatter => size * (n - members) / n / members,
                CollectiveKind.AllToAll => size * (n - members) / n,
                CollectiveKind.Broadcast or CollectiveKind.Reduce => size / members,
                CollectiveKind.Gather or CollectiveKind.Scatter => size * (n - members) / members,
                CollectiveKind.PointToPoint => size / members,
                _ => 0,
            };
            transfer = Math.Max(transfer, passes / rate);
        }

        return new Seconds(transfer + latency);
    }

    /// <summary>Members of the group inside one domain that meets others at this level.</summary>
    private static int Inside(RankGroup group, int level)
    {
        int inside = 1;
        for (int inner = 0; inner < level; inner++)
            inside *= group.Fanout[inner];
        return inside;
    }
}
