using Orrery.Operators;

namespace Orrery.Validation.Collectives;

/// <summary>One measured collective inside a scale-up switch, as the fit needs it.</summary>
/// <param name="Id">Case id.</param>
/// <param name="Source">Publication or table.</param>
/// <param name="Kind">Operation.</param>
/// <param name="Ranks">Members.</param>
/// <param name="Bytes">By the rule of the NCCL tests.</param>
/// <param name="Rated">Rated one-direction bandwidth of a chip into the switch, B/s.</param>
/// <param name="SwitchAdds">Whether the library lets the switch reduce for this group and format.</param>
/// <param name="Time">Measured, s.</param>
public readonly record struct ScaleUpSample(
    string Id, string Source, CollectiveKind Kind, int Ranks, double Bytes, double Rated, bool SwitchAdds, double Time);
