using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>Every arrival process there is.</summary>
public static class ArrivalProcesses
{
    public static ImmutableArray<ArrivalProcess> All { get; } =
        [new PoissonArrivals(), new GammaArrivals(), new BurstArrivals(), new DiurnalArrivals(), new EvenArrivals()];

    /// <summary>The process of that name; null where there is none.</summary>
    public static ArrivalProcess? Find(string name)
    {
        foreach (ArrivalProcess process in All)
        {
            if (string.Equals(process.Name, name, StringComparison.OrdinalIgnoreCase))
                return process;
        }

        return null;
    }
}
