using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// The links of a machine, level by level: every chip with its ports into each level, the switches, the layers of the network above. Links are
/// numbered, each is one direction, and nothing is stored for a link that is as the system describes it: a million chips cost no more than one.
/// </summary>
/// <remarks>
/// On a switched level a chip has one link up and one down of its whole bandwidth into the level (parallel links and planes are used evenly). A full mesh,
/// ring or torus joins chips at the same place of their members: an UltraServer's pair of racks has one link between each two chips at the same
/// place. On a torus a chip's bandwidth is spread evenly over its links, two for each side longer than two.
/// </remarks>
public sealed partial class FabricGraph
{
    private readonly FabricLevel[] _levels;
    private readonly Dictionary<int, double> _scales = [];

    /// <summary>
    /// The part of <paramref name="system"/> that holds <paramref name="chips"/> chips, whole scale-up domains, with <paramref name="ranksPerChip"/>
    /// ranks on each.
    /// </summary>
    public FabricGraph(SystemDescription system, int chips, int ranksPerChip)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentOutOfRangeException.ThrowIfLessThan(chips, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(ranksPerChip, 1);
        System = system;
        RanksPerChip = ranksPerChip;
        ImmutableArray<LevelDescription> described = system.Levels;
        int network = described.Length - 1;
        DomainChips = 1;
        for (int level = 0; level < network; level++)
        {
            if (described[level].Name != RankGroups.ChipLevel)
                DomainChips = checked(DomainChips * Math.Max(1, described[level].Size));
        }

        int whole = described[network].Name == RankGroups.ChipLevel ? 1 : DomainChips;
        Chips = checked((chips + whole - 1) / whole * whole);
        if (described[network].Size > 0 && described[network].Name != RankGroups.ChipLevel)
            Chips = Math.Max(Chips, checked(DomainChips * described[network].Size));
        _levels = new FabricLevel[described.Length];
        int stride = 1;
        int next = 0;
        for (int index = 0; index < described.Length; index++)
        {
            LevelDescription description = described[index];
            if (index == 0 && description.Name == RankGroups.ChipLevel)
            {
                _levels[index] = new FabricLevel(description, index, 1, ranksPerChip, checked(Chips * ranksPerChip), ranksPerChip, next);
            }
            else
            {
                int size = index == network ? Math.Max(description.Size, (Chips + stride - 1) / stride) : Math.Max(1, description.Size);
                _levels[index] = new FabricLevel(description, index, stride, size, Chips, 1, next);
                stride = checked(stride * size);
            }

            next = _levels[index].EndLink;
        }

        if (ranksPerChip > 1 && !_levels[0].IsOfRanks)
            throw new ArgumentException($"{system.Id} has no level that joins the ranks of a chip", nameof(system));
        LinkCount = next;
    }

    /// <summary>Chips that a job of so many ranks needs where it lies evenly over domains that it does not fill.</summary>
    public static int ChipsFor(SystemDescription system, int chips, int ranksPerChip)
    {
        ArgumentNullException.ThrowIfNull(system);
        RankGroup whole = new RankGroups(system, ranksPerChip).Group(1, checked(chips * ranksPerChip), checked(chips * ranksPerChip));
        int domain = 1;
        for (int level = 0; level < system.Levels.Length - 1; level++)
            domain *= system.Levels[level].Name == RankGroups.ChipLevel ? 1 : Math.Max(1, system.Levels[level].Size);
        long even = (long)domain * whole.Fanout[^1];
        return even > chips && even <= 2L * Math.Max(chips, domain) ? (int)even : chips;
    }

    public SystemDescription System { get; }

    public int RanksPerChip { get; }

    /// <summary>Chips of the machine: whole scale-up domains.</summary>
    public int Chips { get; }

    /// <summary>Chips of one scale-up domain.</summary>
    public int DomainChips { get; }

    /// <summary>Links, each one direction.</summary>
    public int LinkCount { get; }

    /// <summary>True where a link is slow or gone.</summary>
    public bool HasFaults => _scales.Count > 0;

    /// <summary>Place of the network between scale-up domains in the system's levels.</summary>
    public int Network => _levels.Length - 1;

    internal ReadOnlySpan<FabricLevel> Levels => _levels;

    /// <summary>The level a link belongs to.</summary>
    public int LevelOf(int link)
    {
        int level = 0;
        while (link >= _levels[level].EndLink)
            level++;
        return level;
    }

    /// <summary>What the link carries in its direction, faults included; 0 for one that is gone.</summary>
    public BytesPerSecond Capacity(int link)
    {
        FabricLevel level = _levels[LevelOf(link)];
        double rate = level.LinkRate;
        foreach (FabricTier tier in level.Tiers)
        {
            if (link >= tier.FirstLink)
                rate = tier.Rate;
        }

        rate *= 1 - level.Load;
        return new BytesPerSecond(HasFaults && _scales.TryGetValue(link, out double scale) ? rate * scale : rate);
    }

    /// <summary>Takes a share of every link of a level for traffic of others that goes on behind; returns what is wrong with the name, or null.</summary>
    public string? Occupy(string level, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(share, 1);
        if (TryLevel(level) is not { } found)
            return $"'{level}' is no level; {Suggest(level)}";
        found.Load = share;
        return null;
    }

    /// <summary>The outermost level at which two different ranks part.</summary>
    public int MeetingLevel(int from, int to)
    {
        int fromChip = from / RanksPerChip, toChip = to / RanksPerChip;
        if (fromChip == toChip)
            return 0;
        int level = _levels.Length - 1;
        while (_levels[level].IsOfRanks || _levels[level].ChildOf(fromChip) == _levels[level].ChildOf(toChip))
            level--;
        return level;
    }

    /// <summary>Chips that are joined directly, each pair once, lower number first, levels up to <paramref name="outermost"/>.</summary>
    public IEnumerable<(int From, int To, int Level)> DirectLinks(int outermost)
    {
        for (int index = 0; index <= outermost; index++)
        {
            FabricLevel level = _levels[index];
            if (level.IsSwitched || level.IsOfRanks)
                continue;
            for (int chip = 0; chip < Chips; chip++)
            {
                for (int port = 0; port < level.Ports; port++)
                {
                    int other = level.Neighbour(chip, port);
                    if (other > chip)
                        yield return (chip, other, index);
                }
            }
        }
    }
}
