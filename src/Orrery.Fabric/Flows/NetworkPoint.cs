using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Fabric;

/// <summary>The formula beside the flow level and the bound, for one collective.</summary>
public readonly record struct NetworkPoint(string System, CollectiveKind Kind, int Chips, Bytes Size, string Algorithm, Seconds Closed, Seconds Flow, Seconds Bound)
{
    /// <summary>Flow over closed form, less 1.</summary>
    public double Difference => (Flow.Value / Closed.Value) - 1;

    /// <summary>True where neither is below the bound.</summary>
    public bool KeepsBound => Closed.Value >= Bound.Value * (1 - 1e-9) && Flow.Value >= Bound.Value * (1 - 1e-9);
}
