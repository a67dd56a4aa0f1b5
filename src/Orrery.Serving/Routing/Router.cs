namespace Orrery.Serving;

/// <summary>Deals arriving requests to replicas. One class a rule in this folder; <see cref="Routers"/> lists them.</summary>
public abstract class Router
{
    /// <summary>Word by which people call it.</summary>
    public abstract string Name { get; }

    /// <summary>One line for help.</summary>
    public abstract string Meaning { get; }

    /// <summary>The rule looks at the replicas, so all of them must have come to the time of the arrival.</summary>
    public abstract bool LooksAtReplicas { get; }

    /// <summary>The replica for a request. Pure: equal states have equal answers.</summary>
    /// <param name="arrival">Requests dealt before this one.</param>
    public abstract int Choose(int request, long arrival, ReadOnlySpan<Replica> replicas);
}
