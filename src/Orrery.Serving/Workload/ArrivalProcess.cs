using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>How requests that are made up follow one another. One class a process; <see cref="ArrivalProcesses"/> lists them.</summary>
public abstract class ArrivalProcess
{
    /// <summary>Word by which people call it.</summary>
    public abstract string Name { get; }

    /// <summary>One line for help.</summary>
    public abstract string Meaning { get; }

    /// <summary>The time from <paramref name="now"/> to the next request, in units of the mean gap.</summary>
    /// <param name="now">Time of the last request, in mean gaps.</param>
    public abstract double NextGap(ref RandomStream random, double now);
}
