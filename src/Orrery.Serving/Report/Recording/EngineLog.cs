namespace Orrery.Serving;

/// <summary>What one engine did, over time.</summary>
public sealed class EngineLog
{
    private readonly RunRecorder recorder;
    private readonly List<EngineBar> bars = [];
    private readonly int mostBars;
    private long fold;

    internal EngineLog(RunRecorder recorder, int number, EngineRole role, long cacheBytes, int mostBars)
    {
        this.recorder = recorder;
        this.mostBars = mostBars;
        Number = number;
        Role = role;
        CacheBytes = cacheBytes;
        Intervals = new EngineInterval[recorder.Intervals];
    }

    /// <summary>Its place among the engines of its role, from 0.</summary>
    public int Number { get; }

    public EngineRole Role { get; }

    /// <summary>Cache of one rank.</summary>
    public long CacheBytes { get; }

    /// <summary>Sums over each interval.</summary>
    public EngineInterval[] Intervals { get; }

    /// <summary>What it ran, in order.</summary>
    public IReadOnlyList<EngineBar> Bars => bars;

    /// <summary>Alike iterations that end now.</summary>
    /// <param name="tokens">Mean of tokens that a sequence gets in an iteration.</param>
    internal void Span(long end, long ticks, long iterations, int decoding, int prompts, int promptTokens, double tokens, long cache, in TimeShares shares)
    {
        long duration = ticks * iterations;
        long start = end - duration;
        int first = recorder.IntervalOf(start);
        int last = recorder.IntervalOf(end);
        for (int place = first; place <= last; place++)
        {
            long from = Math.Max(start, place * recorder.Step);
            long to = place == last ? end : Math.Min(end, (place + 1) * recorder.Step);
            double part = duration > 0 ? (double)(to - from) / duration : 1;
            double iterationsHere = part * iterations;
            ref EngineInterval interval = ref Intervals[place];
            interval.Busy += to - from;
            interval.Running += (double)(to - from) * (decoding + prompts);
            interval.CacheBytes += (double)(to - from) * cache;
            interval.OutputTokens += iterationsHere * decoding * tokens;
            interval.PromptTokens += part * promptTokens;
            interval.Matrix += iterationsHere * shares.MatrixBusy;
            interval.Memory += iterationsHere * shares.MemoryBytes;
            interval.Collectives += iterationsHere * shares.Collectives;
        }

        Draw(new EngineBar(start, end, iterations, prompts > 0 ? iterations : 0, promptTokens, iterations * decoding));
    }

    /// <summary>A token that comes of a prompt's end.</summary>
    internal void Token(long time) => Intervals[recorder.IntervalOf(time)].OutputTokens++;

    internal void Admit(int request, long time) => recorder.Admit(request, time);

    private void Draw(in EngineBar bar)
    {
        if (bars.Count > 0 && Joins(bars[^1], bar))
        {
            bars[^1] = bars[^1].With(bar);
            return;
        }

        if (bars.Count == mostBars)
        {
            // Twice as coarse, from the beginning on, until at least half of the room is free.
            fold = Math.Max(2 * fold, (bar.End - bars[0].Start) / mostBars);
            while (Compact() > mostBars / 2)
                fold *= 2;
        }

        bars.Add(bar);
    }

    private int Compact()
    {
        int kept = 0;
        for (int place = 1; place < bars.Count; place++)
        {
            if (Joins(bars[kept], bars[place]))
                bars[kept] = bars[kept].With(bars[place]);
            else
                bars[++kept] = bars[place];
        }

        bars.RemoveRange(kept + 1, bars.Count - kept - 1);
        return bars.Count;
    }

    /// <summary>Alike decodes without a gap are one bar; others are where together they are shorter than what can be told apart.</summary>
    private bool Joins(in EngineBar before, in EngineBar next) =>
        next.End - before.Start <= fold
        || (before.End == next.Start && before.PromptIterations == 0 && next.PromptIterations == 0 && before.Decoding * next.Iterations == next.Decoding * before.Iterations);
}
