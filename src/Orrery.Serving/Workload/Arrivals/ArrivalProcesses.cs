using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>Every arrival process there is; the first is taken when none is asked for.</summary>
public static class ArrivalProcesses
{
    public static ImmutableArray<ShapeKind<ArrivalProcess>> All { get; } =
        [PoissonArrivals.Kind, GammaArrivals.Kind, BurstArrivals.Kind, DiurnalArrivals.Kind, EvenArrivals.Kind];
}
