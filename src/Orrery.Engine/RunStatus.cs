namespace Orrery.Engine;

/// <summary>How a run of a <see cref="TaskGraph"/> ended.</summary>
public enum RunStatus : byte
{
    /// <summary>Every task ran.</summary>
    Completed,

    /// <summary>Some tasks wait for one another in a circle; <see cref="TaskGraphRun.FindDeadlock"/> says which.</summary>
    Deadlocked,
}
