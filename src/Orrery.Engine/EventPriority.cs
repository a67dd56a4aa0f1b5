namespace Orrery.Engine;

/// <summary>
/// Order of events that fall on one tick, lowest first. Events of one priority keep the order in which they were scheduled. The gaps leave
/// room; a new value needs a reason as those below have.
/// </summary>
public enum EventPriority : byte
{
    /// <summary>Something ends: what it held must be free before anything else on this tick asks for it.</summary>
    Completion = 0,

    /// <summary>Something comes in from elsewhere: after completions, so that it sees what they freed.</summary>
    Arrival = 64,

    /// <summary>A resource changes (a link fails, a rate is recomputed): after all work of the tick is known, before any starts.</summary>
    ResourceChange = 96,

    /// <summary>Something starts: all that could start on this tick is known by now, so the choice does not depend on who asked first.</summary>
    Start = 128,

    /// <summary>A policy looks at the whole and decides (a scheduler's turn, a time-out): it must see the state settled.</summary>
    Decision = 192,

    /// <summary>A probe reads: last, and changes nothing.</summary>
    Observation = 255,
}
