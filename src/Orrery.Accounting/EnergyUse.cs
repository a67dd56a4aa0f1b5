using Orrery.Units;

namespace Orrery.Accounting;

/// <summary>Energy and mean power of a job over some time.</summary>
/// <param name="Chips">All chips.</param>
/// <param name="Servers">Everything else in the servers.</param>
/// <param name="Facility">Cooling and distribution: what the facility adds to both.</param>
/// <param name="ChipPower">One chip.</param>
/// <param name="FacilityPower">The whole job at the facility's meter.</param>
public readonly record struct EnergyUse(Joules Chips, Joules Servers, Joules Facility, Watts ChipPower, Watts FacilityPower)
{
    /// <summary>The whole job's, facility included.</summary>
    public Joules Total => Chips + Servers + Facility;
}
