using Orrery.Engine;

namespace Orrery.Serving;

/// <summary>Makes requests up. Arrivals, prompts and answers have random streams of their own, so changing one leaves the others as they were.</summary>
public static class SyntheticTrace
{
    /// <summary><paramref name="count"/> requests at <paramref name="requestsPerSecond"/> on average.</summary>
    public static RequestTrace Create(ArrivalProcess process, double requestsPerSecond, int count, LengthRange input, LengthRange output, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(requestsPerSecond);
        RandomStream random = RandomStream.Create(seed, "arrivals");
        long[] times = new long[count];
        double now = 0;
        double ticksPerGap = RequestTrace.TicksPerSecond / requestsPerSecond;
        for (int request = 1; request < count; request++)
        {
            now += process.NextGap(ref random, now, requestsPerSecond);
            times[request] = (long)(now * ticksPerGap);
        }

        return new RequestTrace(times, Lengths(input, count, seed, "input"), Lengths(output, count, seed, "output"));
    }

    /// <summary><paramref name="count"/> requests without times, for clients that each wait for their answer.</summary>
    public static RequestTrace Waiting(int count, LengthRange input, LengthRange output, ulong seed) =>
        new(new long[count], Lengths(input, count, seed, "input"), Lengths(output, count, seed, "output"));

    /// <summary>The requests of a trace in their order, at made-up times of <paramref name="requestsPerSecond"/> on average.</summary>
    public static RequestTrace Timed(RequestTrace lengths, ArrivalProcess process, double requestsPerSecond, ulong seed)
    {
        RequestTrace times = Create(process, requestsPerSecond, lengths.Count, new LengthRange(1), new LengthRange(1), seed);
        return lengths.At(times.Arrivals.ToArray());
    }

    private static int[] Lengths(LengthRange range, int count, ulong seed, string name)
    {
        RandomStream random = RandomStream.Create(seed, name);
        int[] lengths = new int[count];
        for (int request = 0; request < count; request++)
            lengths[request] = range.Next(ref random);
        return lengths;
    }
}
