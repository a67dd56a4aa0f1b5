using System.Collections.Immutable;
using System.Globalization;
using Orrery.Engine;
using Orrery.Serving;

namespace Orrery.Interchange;

/// <summary>
/// The timeline of a serving run: a row of iterations for each engine, requests as slices that wait, are worked on and generate, and counters of those inside,
/// of tokens and of the cache. Bars, requests and counters are bounded as <see cref="RunRecorder"/> says.
/// </summary>
public static class ServingTimeline
{
    private const string Row = "iterations";

    /// <summary>Writes a recorded run; the same run gives the same bytes.</summary>
    /// <param name="stream">Left open.</param>
    /// <param name="properties">Facts about the run.</param>
    public static void Write(Stream stream, RecordedRun run, IEnumerable<KeyValuePair<string, string>> properties)
    {
        ArgumentNullException.ThrowIfNull(run);
        RunRecorder recorder = run.Recorder;
        ImmutableArray<EngineLog> engines = recorder.Engines;
        List<TimelineEvent> bars = [];
        for (int engine = 0; engine < engines.Length; engine++)
        {
            foreach (EngineBar bar in engines[engine].Bars)
                bars.Add(new TimelineEvent(engine, Row, Name(bar), bar.Start, bar.End - bar.Start, Category(bar)));
        }

        TimelineNotes notes = new()
        {
            StageNames = [.. engines.Select(static engine => string.Create(CultureInfo.InvariantCulture, $"{Role(engine.Role)} {engine.Number}"))],
            Stage = engines.Length,
            StageName = "requests",
            Slices = Slices(run),
            Counters = Counters(run),
        };
        TraceEventWriter.Write(
            stream, bars.ToArray(), TickScale.Picoseconds, "engine",
            [.. properties, new("requestsShown", recorder.Every == 1 ? "all" : string.Create(CultureInfo.InvariantCulture, $"one of {recorder.Every}"))], notes);
    }

    private static string Role(EngineRole role) => role switch
    {
        EngineRole.Prompts => "engine of prompts",
        EngineRole.Answers => "engine of answers",
        _ => "engine",
    };

    private static string Name(in EngineBar bar)
    {
        long decodes = bar.Iterations - bar.PromptIterations;
        string prompts = bar.PromptIterations > 0 ? string.Create(CultureInfo.InvariantCulture, $"prompts of {bar.PromptTokens} tokens{(bar.PromptIterations > 1 ? $" in {bar.PromptIterations}" : "")}") : "";
        if (bar.Decoding == 0)
            return prompts;
        string batch = (bar.Decoding / (double)bar.Iterations).ToString("0.#", CultureInfo.InvariantCulture);
        string decoding = bar.Iterations == 1 || (decodes == 0 && bar.PromptIterations == bar.Iterations)
            ? $"decode {batch}"
            : string.Create(CultureInfo.InvariantCulture, $"decode {batch} x {bar.Iterations}");
        return prompts.Length > 0 ? $"{prompts}, {decoding}" : decoding;
    }

    private static string Category(in EngineBar bar) => bar.PromptIterations == 0 ? "decode" : bar.Decoding == 0 ? "prefill" : "mixed";

    /// <summary>Each request that is followed and ended: the whole of it, and inside its waiting, its prompt and its answer.</summary>
    private static ImmutableArray<TimelineSlice> Slices(RecordedRun run)
    {
        RequestBook book = run.Book;
        RunRecorder recorder = run.Recorder;
        ImmutableArray<TimelineSlice>.Builder slices = ImmutableArray.CreateBuilder<TimelineSlice>();
        for (int request = 0; request < book.Count; request += recorder.Every)
        {
            (long arrival, long first, long last) = (book.Arrivals[request], book.FirstTokens[request], book.Finishes[request]);
            if (last == RequestBook.Never)
                continue;
            long admitted = recorder.Admissions[request / recorder.Every];
            string name = string.Create(CultureInfo.InvariantCulture, $"request {request}: {book.Trace.Inputs[request]} in, {book.Trace.Outputs[request]} out");
            slices.Add(new TimelineSlice(request, name, arrival, last, "request"));
            if (admitted > arrival)
                slices.Add(new TimelineSlice(request, "queued", arrival, admitted, "request"));
            slices.Add(new TimelineSlice(request, "prefill", Math.Max(arrival, admitted), first, "request"));
            if (last > first)
                slices.Add(new TimelineSlice(request, "decode", first, last, "request"));
        }

        return slices.ToImmutable();
    }

    private static ImmutableArray<TimelineCounter> Counters(RecordedRun run)
    {
        ImmutableArray<TimeSeriesPoint> points = TimeSeries.Of(run);
        ImmutableArray<TimelineCounter>.Builder counters = ImmutableArray.CreateBuilder<TimelineCounter>(3 * points.Length);
        foreach (TimeSeriesPoint point in points)
        {
            long at = (long)(point.Start * RequestTrace.TicksPerSecond);
            counters.Add(new TimelineCounter("requests inside", at, [new("running", Round(point.Running)), new("waiting", Round(point.Waiting))]));
            counters.Add(new TimelineCounter("tokens/s", at, [new("in", Round(point.InputTokensPerSecond)), new("out", Round(point.OutputTokensPerSecond))]));
            counters.Add(new TimelineCounter("cache %", at, [new("used", Round(100 * point.CacheShare))]));
        }

        return counters.MoveToImmutable();
    }

    private static double Round(double value) => Math.Round(value, 2);
}
