using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>The time of one algorithm on one set of ports, in its two parts.</summary>
/// <param name="Latency">What remains at size 0.</param>
/// <param name="Transfer">What grows with size.</param>
public readonly record struct PhaseTime(Seconds Latency, Seconds Transfer)
{
    public Seconds Total => Latency + Transfer;
}
