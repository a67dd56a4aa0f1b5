namespace Orrery.Fabric;

/// <summary>What prices collectives.</summary>
public enum NetworkKind : byte
{
    /// <summary>A formula for each algorithm.</summary>
    Closed,

    /// <summary>What nothing can beat.</summary>
    Bound,

    /// <summary>Flows over every link.</summary>
    Flow,
}
