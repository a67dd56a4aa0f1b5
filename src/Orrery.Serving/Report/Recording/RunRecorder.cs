using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>
/// What a run leaves behind beside its report: sums over equal intervals of time, bars of what each engine did, and when requests were first admitted. Its
/// size is bounded whatever the length of the run; a run without one pays nothing for it.
/// </summary>
public sealed class RunRecorder
{
    /// <summary>Intervals of the time series, at most.</summary>
    public const int MostIntervals = 500;

    /// <summary>Bars of all engines together, at most; finer ones are folded into their neighbours.</summary>
    public const int MostBars = 50_000;

    /// <summary>Requests that are followed, at most; of more every second, every third and so on is.</summary>
    public const int MostRequests = 2_000;

    private readonly ImmutableArray<EngineLog>.Builder engines = ImmutableArray.CreateBuilder<EngineLog>();
    private readonly int barsPerEngine;
    private readonly long[] admissions;

    /// <summary>An empty recorder.</summary>
    /// <param name="duration">Ticks of the run; what comes later counts in the last interval.</param>
    /// <param name="requests">Of the run.</param>
    /// <param name="engines">Of the run.</param>
    public RunRecorder(long duration, int requests, int engines)
    {
        Step = StepOf(duration);
        Intervals = (int)Math.Max(1, (duration + Step - 1) / Step);
        Duration = duration;
        Every = Math.Max(1, (requests + MostRequests - 1) / MostRequests);
        admissions = new long[(requests + Every - 1) / Every];
        Array.Fill(admissions, RequestBook.Never);
        barsPerEngine = Math.Max(2, MostBars / Math.Max(1, engines));
    }

    /// <summary>Ticks of the run.</summary>
    public long Duration { get; }

    /// <summary>Ticks of an interval: 1, 2 or 5 times a power of ten of a millisecond.</summary>
    public long Step { get; }

    /// <summary>How many intervals there are; the last may be cut short.</summary>
    public int Intervals { get; }

    /// <summary>Every so many requests one is followed.</summary>
    public int Every { get; }

    /// <summary>Engines in the order they were made.</summary>
    public ImmutableArray<EngineLog> Engines => engines.ToImmutable();

    /// <summary>When requests 0, <see cref="Every"/>, twice that and so on were first admitted.</summary>
    public ReadOnlySpan<long> Admissions => admissions;

    /// <summary>The log of a new engine.</summary>
    internal EngineLog Open(int number, EngineRole role, long cacheBytes)
    {
        EngineLog log = new(this, number, role, cacheBytes, barsPerEngine);
        engines.Add(log);
        return log;
    }

    /// <summary>The interval of an instant.</summary>
    internal int IntervalOf(long time) => (int)Math.Min(Intervals - 1, time / Step);

    internal void Admit(int request, long time)
    {
        if (request % Every == 0 && admissions[request / Every] == RequestBook.Never)
            admissions[request / Every] = time;
    }

    private static long StepOf(long duration)
    {
        long millisecond = (long)(RequestTrace.TicksPerSecond / 1000);
        long step = millisecond;
        while (true)
        {
            foreach (int factor in (ReadOnlySpan<int>)[1, 2, 5])
            {
                if (duration / (step * factor) < MostIntervals)
                    return step * factor;
            }

            step *= 10;
        }
    }
}
