using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Fabric;

/// <summary>A scale-up fabric that chips of several systems can be on at once. Read from <c>data/domains/ID.yaml</c>.</summary>
/// <param name="Id">Name of the file.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Chips">Chips of all members together.</param>
/// <param name="Mixing">How far to trust that chips of different members may share one domain, and why.</param>
/// <param name="Members">Systems, each with the level of its own that the fabric is.</param>
public sealed record SharedDomain(string Id, string Name, int Chips, Reading<bool> Mixing, ImmutableArray<SharedDomainMember> Members)
{
    /// <summary>The level of a system that lies on this fabric; null where it is no member.</summary>
    public string? LevelOf(string system)
    {
        foreach (SharedDomainMember member in Members)
        {
            if (member.System == system)
                return member.Level;
        }

        return null;
    }

    /// <summary>True where so many chips of two systems fit into one domain together.</summary>
    public bool Joins(string one, string other, int chips) => Mixing.Value && chips <= Chips && LevelOf(one) is not null && LevelOf(other) is not null;
}
