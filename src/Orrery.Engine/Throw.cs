using System.Diagnostics.CodeAnalysis;

namespace Orrery.Engine;

/// <summary>Programmer's mistakes, thrown out of line so that callers stay small enough to be inlined.</summary>
internal static class Throw
{
    [DoesNotReturn]
    public static void DurationOutOfRange(double seconds) =>
        throw new ArgumentOutOfRangeException(nameof(seconds), seconds, "a duration must be finite and fit in the clock");

    [DoesNotReturn]
    public static void EventInThePast(long time, long now) =>
        throw new ArgumentOutOfRangeException(nameof(time), time, $"an event cannot be scheduled before the present tick {now}");

    [DoesNotReturn]
    public static void NegativeDuration(long ticks) =>
        throw new ArgumentOutOfRangeException(nameof(ticks), ticks, "a duration or lag cannot be negative");

    [DoesNotReturn]
    public static void NoSuchTask(int task, int count) =>
        throw new ArgumentOutOfRangeException(nameof(task), task, $"the graph has tasks 0 to {count - 1}");

    [DoesNotReturn]
    public static void NoSuchStream(int stream) =>
        throw new ArgumentOutOfRangeException(nameof(stream), stream, "a stream number cannot be negative");

    [DoesNotReturn]
    public static void SpanTooShort(string name, int length, int needed) =>
        throw new ArgumentException($"holds {length} entries where the graph needs {needed}", name);

    [DoesNotReturn]
    public static void EmptyRange(string name) => throw new ArgumentOutOfRangeException(name, "must be positive");
}
