namespace Orrery.Fabric;

/// <summary>Who sends to whom in one step of a collective.</summary>
public enum TransferPattern : byte
{
    /// <summary>Each member to the next of a ring, on as many rings side by side as keep every link busy.</summary>
    Rings,

    /// <summary>Each member to the next of one ring, one way.</summary>
    OneRing,

    /// <summary>Each member to the next and to the one before, on one ring.</summary>
    BothWays,

    /// <summary>As <see cref="Rings"/>, the ranks of a chip hopping in pairs: half the steps.</summary>
    PairedRings,

    /// <summary>Rings along all sides of a torus at once, each on its part of the data, which goes through the sides in another order.</summary>
    Sides,

    /// <summary>Members exchange with partners at growing distance, nearest first, in as many steps as the size of the group has prime factors.</summary>
    Exchange,

    /// <summary>Each member to each other.</summary>
    Direct,

    /// <summary>Along the edges of two binary trees, each with half the data.</summary>
    Trees,

    /// <summary>Each member to the switches, which add and multicast, and back.</summary>
    Switch,

    /// <summary>All members to one, or one to all.</summary>
    Root,

    /// <summary>One member to another.</summary>
    Pair,
}
