using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>Every router there is; the first is taken when none is asked for.</summary>
public static class Routers
{
    public static ImmutableArray<Router> All { get; } = [new RoundRobin(), new LeastLoaded(), new PrefixAware(), new Sticky()];

    /// <summary>The router of that name; null where there is none.</summary>
    public static Router? Find(string name)
    {
        foreach (Router router in All)
        {
            if (string.Equals(router.Name, name, StringComparison.OrdinalIgnoreCase))
                return router;
        }

        return null;
    }
}
