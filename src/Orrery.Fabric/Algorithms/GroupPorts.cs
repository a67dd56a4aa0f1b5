using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>
/// What an algorithm needs to know of the ports between the members of a group, on one level or on several levels taken together.
/// </summary>
public readonly record struct GroupPorts
{
    /// <summary>Members that take part.</summary>
    public required int Ranks { get; init; }

    /// <summary>
    /// Rate at which one member sends (and at once receives) where neighbours pass data on, so that each byte leaves a domain once: the smallest
    /// over the levels of (members inside x rate of one member's port).
    /// </summary>
    public required BytesPerSecond Neighbour { get; init; }

    /// <summary>
    /// Rate at which one member sends different data to every other, counted over all it sends: the smallest over the levels of (rate of its port
    /// x share of the others that lie beyond), over the mean number of links on the way.
    /// </summary>
    public required BytesPerSecond Direct { get; init; }

    /// <summary>Time for a token to pass once around all members, each handing it to the next.</summary>
    public required Seconds Around { get; init; }

    /// <summary>Time for a piece to reach all members along one side of a torus after the other, both ways at once; 0 where there is no torus.</summary>
    public Seconds Along { get; init; }

    /// <summary>Time of a sequence of exchanges in which each doubles the distance, until it spans the group.</summary>
    public required Seconds Across { get; init; }

    /// <summary>Time of one step between the two members farthest apart.</summary>
    public required Seconds Far { get; init; }

    /// <summary>Time a member spends on issuing one message.</summary>
    public required Seconds PerMessage { get; init; }

    /// <summary>True where every switch on the way can add and multicast.</summary>
    public bool ReducesInSwitch { get; init; }

    /// <summary>Members of the group on each chip.</summary>
    public int OnChip { get; init; }

    /// <summary>Rated one-direction bandwidth of one chip into the level, for protocols calibrated against it.</summary>
    public BytesPerSecond Rated { get; init; }

    /// <summary>Constants fitted on this chip's scale-up switch; null where there are none or the group is not on such a switch alone.</summary>
    public ProtocolTable? Protocols { get; init; }
}
