using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Validation.Collectives;

/// <summary>One measured collective on one level, as the fit needs it.</summary>
/// <param name="Id">Case id.</param>
/// <param name="Source">Publication or table.</param>
/// <param name="Kind">Operation.</param>
/// <param name="Ranks">Members that meet at the level: chips of a server, or servers.</param>
/// <param name="Beside">Members in each server, where servers meet; else 0.</param>
/// <param name="Bytes">By the rule of the NCCL tests, of the part that one member of a server has.</param>
/// <param name="Rated">Rated one-direction bandwidth of a chip into the level, B/s.</param>
/// <param name="SwitchAdds">Whether the library lets the switch reduce for this group and format.</param>
/// <param name="Time">Measured, s.</param>
/// <param name="IsHostBus">True where cards have one link, that of the host's bus.</param>
public readonly record struct ScaleUpSample(
    string Id, string Source, CollectiveKind Kind, int Ranks, double Bytes, double Rated, bool SwitchAdds, double Time, int Beside = 0, bool IsHostBus = false)
{
    /// <summary>The ports of the sample, for the steps of a protocol.</summary>
    internal GroupPorts Ports => new()
    {
        Ranks = Ranks,
        Beside = Beside,
        Rated = new BytesPerSecond(Rated),
        Neighbour = new BytesPerSecond(Rated),
        Direct = new BytesPerSecond(Rated),
        Around = Seconds.Zero,
        Across = Seconds.Zero,
        Far = Seconds.Zero,
        PerMessage = Seconds.Zero,
    };
}
