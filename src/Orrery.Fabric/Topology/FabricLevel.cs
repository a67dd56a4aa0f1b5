using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>
/// One level of a <see cref="FabricGraph"/> in numbers: who is whose neighbour, and which link numbers are its own. Its members are chips, or
/// ranks on the level that joins the ranks of a chip.
/// </summary>
internal sealed class FabricLevel
{
    /// <summary>Links of a level start at <paramref name="firstLink"/>.</summary>
    /// <param name="index">Place in the system's levels.</param>
    /// <param name="stride">Members below one child.</param>
    /// <param name="size">Children of one domain.</param>
    /// <param name="members">Members in the whole machine.</param>
    /// <param name="sharers">Members that share the bandwidth the description gives: the ranks of a chip on the chip level, else 1.</param>
    public FabricLevel(LevelDescription description, int index, int stride, int size, int members, int sharers, int firstLink)
    {
        Description = description;
        Index = index;
        Stride = stride;
        Size = size;
        Members = members;
        IsOfRanks = sharers > 1 || description.Name == RankGroups.ChipLevel;
        FirstLink = firstLink;
        Latency = description.Latency.Value.Value;
        Kind = description.Topology;
        double rate = description.BandwidthPerChip.Value.Value / sharers;
        switch (Kind)
        {
            case TopologyKind.Ring:
                Sides = [size];
                break;
            case TopologyKind.Torus2D or TopologyKind.Torus3D when !description.Dimensions.IsEmpty:
                Sides = [.. description.Dimensions];
                break;
            default:
                Sides = [];
                break;
        }

        Wraps = new bool[Sides.Length];
        for (int side = 0; side < Sides.Length; side++)
            Wraps[side] = description.OpenSides.IsEmpty || !description.OpenSides[side];
        Ports = Kind switch
        {
            TopologyKind.Switch or TopologyKind.Clos => 2,
            TopologyKind.FullMesh => Math.Max(0, size - 1),
            _ => Sides.Sum(static side => LinksOf(side)),
        };
        
        // A slice of a torus leaves links of its chips unused.
        int links = Sides.Length > 0 ? Math.Max(Ports, description.LinksPerChip) : Ports;
        LinkRate = IsSwitched ? rate : rate / Math.Max(1, links);
        int next = checked(firstLink + (members * Ports));
        Tiers = MakeTiers(rate, ref next);
        EndLink = next;
    }

    public LevelDescription Description { get; }

    public int Index { get; }

    public TopologyKind Kind { get; }

    public bool IsSwitched => Kind is TopologyKind.Switch or TopologyKind.Clos;

    public bool IsOfRanks { get; }

    public int Stride { get; }

    public int Size { get; }

    public int Members { get; }

    /// <summary>Members of one domain.</summary>
    public int Domain => Stride * Size;

    /// <summary>Links of one member: up and down of a switched level, those that leave it of a direct one.</summary>
    public int Ports { get; }

    public int FirstLink { get; }

    /// <summary>One past the last link.</summary>
    public int EndLink { get; }

    /// <summary>Share of every link that others take.</summary>
    public double Load { get; set; }

    /// <summary>Rate of one link in one direction.</summary>
    public double LinkRate { get; }

    public double Latency { get; }

    /// <summary>Sides of a torus; the size of a ring.</summary>
    public int[] Sides { get; }

    /// <summary>Whether each side closes.</summary>
    public bool[] Wraps { get; }

    /// <summary>Layers of switches above those the members are on.</summary>
    public ImmutableArray<FabricTier> Tiers { get; }

    /// <summary>Links that a member has along a side: a side of two is one link, not a ring of two.</summary>
    public static int LinksOf(int side) => side > 2 ? 2 : side - 1;

    public int ChildOf(int member) => member / Stride % Size;

    public int DomainOf(int member) => member / (Stride * Size);

    public int Up(int member) => FirstLink + (member * 2);

    public int Down(int member) => FirstLink + (member * 2) + 1;

    /// <summary>The link of a full mesh from a member to the one at its own place in another child.</summary>
    public int MeshLink(int member, int toChild)
    {
        int offset = toChild - ChildOf(member);
        return FirstLink + (member * Ports) + (offset < 0 ? offset + Size : offset) - 1;
    }

    /// <summary>First port of a side of a torus.</summary>
    public int FirstPort(int side)
    {
        int port = 0;
        for (int before = 0; before < side; before++)
            port += LinksOf(Sides[before]);
        return port;
    }

    /// <summary>The link of a member along a side; up is towards higher coordinates.</summary>
    public int TorusLink(int member, int side, bool isUp) => FirstLink + (member * Ports) + FirstPort(side) + (isUp || Sides[side] == 2 ? 0 : 1);

    /// <summary>Coordinate of a member along a side.</summary>
    public int Coordinate(int member, int side)
    {
        int child = ChildOf(member);
        for (int before = 0; before < side; before++)
            child /= Sides[before];
        return child % Sides[side];
    }

    /// <summary>The member reached over port <paramref name="port"/> of a direct level; -1 where the link is not there (an open side).</summary>
    public int Neighbour(int member, int port)
    {
        if (Kind == TopologyKind.FullMesh)
        {
            int child = ChildOf(member);
            int other = (child + 1 + port) % Size;
            return Inside(member + ((other - child) * Stride));
        }

        int step = Stride;
        for (int side = 0; side < Sides.Length; side++)
        {
            int links = LinksOf(Sides[side]);
            if (port < links)
            {
                int at = Coordinate(member, side);
                bool isUp = port == 0 && (Sides[side] > 2 || at == 0);
                int to = isUp ? at + 1 : at - 1;
                if ((to < 0 || to >= Sides[side]) && !Wraps[side])
                    return -1;
                to = (to + Sides[side]) % Sides[side];
                return Inside(member + ((to - at) * step));
            }

            port -= links;
            step *= Sides[side];
        }

        return -1;
    }

    /// <summary>True where a link of a member leads nowhere because a side is open.</summary>
    private int Inside(int member) => (uint)member < (uint)Members ? member : -1;

    private ImmutableArray<FabricTier> MakeTiers(double rate, ref int next)
    {
        if (Kind != TopologyKind.Clos)
            return [];
        ImmutableArray<ClosTier> described = Description.Tiers;
        if (described.IsEmpty)
        {
            if (Description.Oversubscription <= 1)
                return [];
            described = [new ClosTier(Stride, Description.Oversubscription, 1)];
        }

        bool hashes = Description.Routing == Routing.EqualCost;
        ImmutableArray<FabricTier>.Builder tiers = ImmutableArray.CreateBuilder<FabricTier>(described.Length);
        double blocked = 1;
        foreach (ClosTier tier in described)
        {
            blocked *= tier.Oversubscription;

            // Over all paths at once is the same as over one of their total rate.
            int paths = hashes ? tier.Paths : 1;
            bool rails = Description.HasRails && tiers.Count == 0;
            int groups = rails ? Stride * ((Size + tier.Chips - 1) / tier.Chips) : (Members + tier.Chips - 1) / tier.Chips;
            tiers.Add(new FabricTier(tier.Chips, rails, groups, paths, tier.Chips * rate / blocked / paths, next));
            next = checked(next + (groups * paths * 2));
        }

        return tiers.ToImmutable();
    }
}
