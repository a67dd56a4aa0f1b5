namespace Orrery.Serving;

/// <summary>What the first requests wait for where engines begin cold.</summary>
public enum ColdBegin : byte
{
    /// <summary>Nothing: engines are warm.</summary>
    Nothing,

    /// <summary>Weights; graphs are kept from an earlier start.</summary>
    Load,

    /// <summary>Graphs and weights.</summary>
    Compile,
}
