using Orrery.Units;

namespace Orrery.Engine;

/// <summary>
/// Length of one tick of a run's integer clock. Time in the event core is a <see cref="long"/> of ticks, never a sum of floats: at
/// <see cref="Picoseconds"/> it spans 106 days, at <see cref="Nanoseconds"/> 292 years.
/// </summary>
/// <param name="TicksPerSecond">Ticks in one second; positive.</param>
public readonly record struct TickScale(long TicksPerSecond)
{
    /// <summary>One tick is 1 ps: for steps, collectives and kernels.</summary>
    public static TickScale Picoseconds => new(1_000_000_000_000);

    /// <summary>One tick is 1 ns: for studies of months and years.</summary>
    public static TickScale Nanoseconds => new(1_000_000_000);

    /// <summary>
    /// Nearest tick to <paramref name="duration"/>, halves to even. Throws <see cref="ArgumentOutOfRangeException"/> where the duration is
    /// not finite or does not fit in the clock.
    /// </summary>
    public long ToTicks(Seconds duration)
    {
        double ticks = Math.Round(duration.Value * TicksPerSecond);

        // 2^63 is exactly representable; anything at or past it would wrap.
        if (!(Math.Abs(ticks) < 9.223372036854775807e18))
            Throw.DurationOutOfRange(duration.Value);
        return (long)ticks;
    }

    /// <summary><c>ticks / TicksPerSecond</c>.</summary>
    public Seconds ToSeconds(long ticks) => new((double)ticks / TicksPerSecond);
}
