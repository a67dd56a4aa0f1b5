using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// What a formula needs to know of the ports between the members of a group, on one level or on several levels taken together: for each pattern of transfers
/// the rate at which a member sends and the latency of one walk. Rates are counted over all a member sends.
/// </summary>
public readonly record struct GroupPorts
{
    /// <summary>Members that take part.</summary>
    public required int Ranks { get; init; }

    /// <summary>
    /// Rate where neighbours pass data on around rings that use every link alike, so that each byte leaves a domain once: the smallest over the levels of
    /// (members inside x rate of one member's port, over the share of hops that cross the level).
    /// </summary>
    public required BytesPerSecond Neighbour { get; init; }

    /// <summary>Rate of one ring, one way: one link, or one port of a switch. 0 means that of <see cref="Neighbour"/>.</summary>
    public BytesPerSecond OneRing { get; init; }

    /// <summary>Rate of one ring walked both ways. 0 means that of <see cref="Neighbour"/>.</summary>
    public BytesPerSecond BothWays { get; init; }

    /// <summary>Rate of rings along all sides of a torus at once: all links of the sides in use. 0 where there is no torus.</summary>
    public BytesPerSecond Sides { get; init; }

    /// <summary>Rate of exchanges at growing distance. 0 means that of <see cref="Neighbour"/>.</summary>
    public BytesPerSecond Exchange { get; init; }

    /// <summary>
    /// Rate at which one member sends different data to every other: the smallest over the levels of (rate of its port over the share of messages that pass it).
    /// </summary>
    public required BytesPerSecond Direct { get; init; }

    /// <summary>Bytes of one message over the time for all others to send one to the same member. 0 means that of <see cref="Direct"/> over the others.</summary>
    public BytesPerSecond Root { get; init; }

    /// <summary>As <see cref="Root"/>, from the one to all others. 0 means that of <see cref="Root"/>.</summary>
    public BytesPerSecond RootOut { get; init; }

    /// <summary>Rate of one edge of two binary trees where each has a link of its own; 0 where they meet at switches, whose ports are what counts.</summary>
    public BytesPerSecond TreeEdge { get; init; }

    /// <summary>As <see cref="TreeEdge"/> where data goes one way only.</summary>
    public BytesPerSecond TreeEdgeOut { get; init; }

    /// <summary>Rate of one message between neighbours. 0 means that of <see cref="Neighbour"/>.</summary>
    public BytesPerSecond Pair { get; init; }

    /// <summary>Time for a token to pass once around all members, each handing it to the next.</summary>
    public required Seconds Around { get; init; }

    /// <summary>Time for a piece to reach all members along one side of a torus after the other, both ways at once; 0 where there is no torus.</summary>
    public Seconds Along { get; init; }

    /// <summary>Time of a sequence of exchanges at growing distance, until it spans the group.</summary>
    public required Seconds Across { get; init; }

    /// <summary>Time from a leaf of a binary tree over the members to its root.</summary>
    public Seconds Climb { get; init; }

    /// <summary>Time of one step between the two members farthest apart.</summary>
    public required Seconds Far { get; init; }

    /// <summary>Time a member spends on issuing one message.</summary>
    public required Seconds PerMessage { get; init; }

    /// <summary>True where every switch on the way can add and multicast.</summary>
    public bool ReducesInSwitch { get; init; }

    /// <summary>Members of the group on each chip.</summary>
    public int OnChip { get; init; }

    /// <summary>Members inside each of <see cref="Ranks"/>, where those are servers and the protocols were fitted across them; else 0.</summary>
    public int Beside { get; init; }

    /// <summary>Rated one-direction bandwidth of one chip into the level, for protocols calibrated against it.</summary>
    public BytesPerSecond Rated { get; init; }

    /// <summary>Constants fitted on this chip's scale-up switch; null where there are none or the group is not on such a switch alone.</summary>
    public ProtocolTable? Protocols { get; init; }

    /// <summary>Rate of a step, B/s for each member.</summary>
    internal double RateOf(in CollectiveStep step) => step.Pattern switch
    {
        TransferPattern.OneRing => Or(OneRing),
        TransferPattern.BothWays => Or(BothWays),
        TransferPattern.Sides => Or(Sides),
        TransferPattern.Exchange => Or(Exchange),
        TransferPattern.Direct => Direct.Value,
        TransferPattern.Root when step.FromRoot && RootOut.Value > 0 => RootOut.Value,
        TransferPattern.Trees when TreeEdge.Value > 0 => step.ThereAndBack ? TreeEdge.Value * (Ranks > 2 ? 4 : 2) : TreeEdgeOut.Value * 2,
        TransferPattern.Root => Root.Value > 0 ? Root.Value : Direct.Value / (Ranks - 1),
        TransferPattern.Pair => Or(Pair),
        _ => Neighbour.Value,
    };

    /// <summary>Latency of one walk of a pattern.</summary>
    internal double LatencyOf(TransferPattern pattern) => pattern switch
    {
        TransferPattern.Rings or TransferPattern.OneRing => Around.Value,
        TransferPattern.BothWays or TransferPattern.PairedRings => Math.Max(Far.Value, Around.Value / 2),
        TransferPattern.Sides => Along.Value,
        TransferPattern.Exchange => Across.Value,
        TransferPattern.Trees => Climb.Value > 0 ? Climb.Value : Across.Value,
        TransferPattern.Direct or TransferPattern.Root => Far.Value + ((Ranks - 1) * PerMessage.Value),
        TransferPattern.Pair => Far.Value + PerMessage.Value,
        _ => Far.Value,
    };

    private double Or(BytesPerSecond rate) => rate.Value > 0 ? rate.Value : Neighbour.Value;
}
