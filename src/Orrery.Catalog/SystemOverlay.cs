using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>Lays collectives of its owner's own on a machine of the catalogue.</summary>
public static class SystemOverlay
{
    /// <summary>
    /// The system under <paramref name="communication"/>: latencies of its links times the start-up factors. What the communication library does is scaled
    /// where the library is read, by <see cref="SystemDescription.Communication"/>.
    /// </summary>
    public static SystemDescription Under(SystemDescription system, CommunicationOverlay communication)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(communication);
        ImmutableArray<LevelDescription>.Builder levels = ImmutableArray.CreateBuilder<LevelDescription>(system.Levels.Length);
        for (int index = 0; index < system.Levels.Length; index++)
        {
            ScopeOverlay? scope = index == system.Levels.Length - 1 ? communication.ScaleOut : communication.ScaleUp;
            LevelDescription level = system.Levels[index];
            levels.Add(scope is null ? level : level with { Latency = Scaled(level.Latency, scope.Startup, communication.FittedOn) });
        }

        return system with { Levels = levels.ToImmutable(), Communication = communication };
    }

    private static Sourced<Seconds> Scaled(Sourced<Seconds> latency, double factor, string source) =>
        new(latency.Key, [new Reading<Seconds>("", latency.Value * factor, Mark.Calibrated, source, "", "the catalogue's, times the start-up factor of the overlay")], 0);
}
