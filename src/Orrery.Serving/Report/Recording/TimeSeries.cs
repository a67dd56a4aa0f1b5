using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Serving;

/// <summary>A run over time, in at most <see cref="RunRecorder.MostIntervals"/> equal intervals.</summary>
public static class TimeSeries
{
    private const string Heading = "start_s,end_s,arrivals,finished,running,waiting,cache_share,busy_share,input_tokens_per_s,output_tokens_per_s,chip_w";

    /// <summary>The intervals of a recorded run.</summary>
    public static ImmutableArray<TimeSeriesPoint> Of(RecordedRun recorded)
    {
        ArgumentNullException.ThrowIfNull(recorded);
        RunRecorder recorder = recorded.Recorder;
        int count = recorder.Intervals;
        (int[] arrivals, int[] finished, double[] inside) = Requests(recorded.Book, recorder);
        ImmutableArray<EngineLog> engines = recorder.Engines;
        double room = 0;
        foreach (EngineLog engine in engines)
            room += engine.CacheBytes;
        ImmutableArray<TimeSeriesPoint>.Builder points = ImmutableArray.CreateBuilder<TimeSeriesPoint>(count);
        for (int place = 0; place < count; place++)
        {
            double start = place * recorder.Step;
            double ticks = Math.Max(1, Math.Min(recorder.Duration, start + recorder.Step) - start);
            EngineInterval all = default;
            foreach (EngineLog engine in engines)
            {
                ref EngineInterval one = ref engine.Intervals[place];
                all.Busy += one.Busy;
                all.Running += one.Running;
                all.CacheBytes += one.CacheBytes;
                all.OutputTokens += one.OutputTokens;
                all.PromptTokens += one.PromptTokens;
            }

            double seconds = ticks / RequestTrace.TicksPerSecond;
            double running = all.Running / ticks;
            points.Add(new TimeSeriesPoint(
                start / RequestTrace.TicksPerSecond,
                (start + ticks) / RequestTrace.TicksPerSecond,
                arrivals[place],
                finished[place],
                running,
                Math.Max(0, (inside[place] / ticks) - running),
                room > 0 ? all.CacheBytes / ticks / room : 0,
                engines.Length > 0 ? all.Busy / (ticks * engines.Length) : 0,
                all.PromptTokens / seconds,
                all.OutputTokens / seconds,
                recorded.ChipPower(place, seconds)));
        }

        return points.MoveToImmutable();
    }

    /// <summary>The table, a line an interval.</summary>
    public static void Write(TextWriter output, ImmutableArray<TimeSeriesPoint> points)
    {
        output.WriteLine(Heading);
        foreach (TimeSeriesPoint p in points)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{p.Start:0.######},{p.End:0.######},{p.Arrivals},{p.Finished},{p.Running:0.###},{p.Waiting:0.###},{p.CacheShare:0.#####},{p.BusyShare:0.#####},{p.InputTokensPerSecond:0.##},{p.OutputTokensPerSecond:0.##},{p.ChipPower:0.#}"));
        }
    }

    /// <summary>How many came and went in each interval, and request-ticks inside.</summary>
    private static (int[] Arrivals, int[] Finished, double[] Inside) Requests(RequestBook book, RunRecorder recorder)
    {
        int count = recorder.Intervals;
        int[] arrivals = new int[count];
        int[] finished = new int[count];
        double[] inside = new double[count];
        // Whole intervals are counted by how many begin and end before them.
        int[] change = new int[count + 1];
        for (int request = 0; request < book.Count; request++)
        {
            long arrival = book.Arrivals[request];
            if (arrival == RequestBook.Never)
                continue;
            int first = recorder.IntervalOf(arrival);
            arrivals[first]++;
            long finish = book.Finishes[request];
            if (finish == RequestBook.Never)
                continue;
            int last = recorder.IntervalOf(finish);
            finished[last]++;
            if (first == last)
            {
                inside[first] += finish - arrival;
                continue;
            }

            inside[first] += ((first + 1) * recorder.Step) - arrival;
            inside[last] += finish - (last * recorder.Step);
            change[first + 1]++;
            change[last]--;
        }

        int whole = 0;
        for (int place = 0; place < count; place++)
        {
            whole += change[place];
            inside[place] += (double)whole * recorder.Step;
        }

        return (arrivals, finished, inside);
    }
}
