using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>How requests that are made up follow one another. One class a process; <see cref="ArrivalProcesses"/> lists them.</summary>
public abstract class ArrivalProcess
{
    /// <summary>The time from <paramref name="now"/> to the next request, in units of the mean gap.</summary>
    /// <param name="now">Time of the last request, in mean gaps.</param>
    /// <param name="rate">Requests a second, for what a process states in seconds.</param>
    public abstract double NextGap(ref RandomStream random, double now, double rate);

    /// <summary>Seconds after which the process repeats itself, 0 where it has no such time: a shorter run does not see all of it.</summary>
    public virtual double Period => 0;
}
