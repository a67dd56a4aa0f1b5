using System.Text.Json;
using Orrery.Engine;

namespace Orrery.Interchange;

/// <summary>
/// Writes timelines as trace-event JSON, which Perfetto (ui.perfetto.dev) and Chrome's <c>about:tracing</c> open: a group of rows for each stage, a
/// row for each of its streams. Streams the file, so its size is not bounded by memory. The same events give the same bytes.
/// </summary>
/// <remarks>
/// Source: "Trace Event Format", the Chromium project: complete events (<c>ph: X</c>), nestable
/// asynchronous ones (<c>b</c>, <c>e</c>) and counters (<c>C</c>), times in microseconds, process and thread names as metadata
/// events (<c>ph: M</c>). Microseconds are written as exact decimals of ticks, never rounded through floating point.
/// </remarks>
public static class TraceEventWriter
{
    private const int FlushAt = 1 << 16;
    private const decimal MicrosecondsPerSecond = 1_000_000m;

    /// <summary>Writes <paramref name="events"/> in the order given.</summary>
    /// <param name="stream">Left open.</param>
    /// <param name="events">Bars; a negative start or duration throws.</param>
    /// <param name="scale">Length of their ticks.</param>
    /// <param name="stageName">What a stage is called, <c>stage</c> or <c>rank</c>; its number follows.</param>
    /// <param name="properties">Facts about the run, written beside the events in the order given.</param>
    /// <param name="notes">Slices that overlap and counters; null where there are none.</param>
    public static void Write(
        Stream stream, ReadOnlySpan<TimelineEvent> events, TickScale scale, string stageName = "stage", IEnumerable<KeyValuePair<string, string>>? properties = null, TimelineNotes? notes = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        List<(int Stage, string Stream)> rows = Rows(events);
        Dictionary<(int, string), int> numbers = new(rows.Count);
        using Utf8JsonWriter writer = new(stream);
        writer.WriteStartObject();
        writer.WriteString("displayTimeUnit"u8, "ns"u8);
        writer.WriteStartObject("otherData"u8);
        writer.WriteString("schema"u8, "orrery.timeline.1"u8);
        foreach ((string key, string value) in properties ?? [])
            writer.WriteString(key, value);
        writer.WriteEndObject();
        writer.WriteStartArray("traceEvents"u8);
        int stageWritten = int.MinValue;
        foreach ((int stage, string row) in rows)
        {
            if (stage != stageWritten)
            {
                Metadata(writer, "process_name"u8, stage, 0, notes is not null && stage < notes.StageNames.Length ? notes.StageNames[stage] : $"{stageName} {stage}");
                SortIndex(writer, "process_sort_index"u8, stage, 0, stage);
                stageWritten = stage;
            }

            int number = numbers.Count;
            numbers.Add((stage, row), number);
            Metadata(writer, "thread_name"u8, stage, number, row);
            SortIndex(writer, "thread_sort_index"u8, stage, number, number);
        }

        decimal ticksPerMicrosecond = scale.TicksPerSecond / MicrosecondsPerSecond;
        foreach (ref readonly TimelineEvent bar in events)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, bar.Name);
            writer.WriteString("cat"u8, bar.Category);
            writer.WriteString("ph"u8, "X"u8);
            writer.WriteNumber("ts"u8, bar.StartTicks / ticksPerMicrosecond);
            writer.WriteNumber("dur"u8, bar.DurationTicks / ticksPerMicrosecond);
            writer.WriteNumber("pid"u8, bar.Stage);
            writer.WriteNumber("tid"u8, numbers[(bar.Stage, bar.Stream)]);
            writer.WriteEndObject();
            if (writer.BytesPending > FlushAt)
                writer.Flush();
        }

        if (notes is not null)
            WriteNotes(writer, notes, ticksPerMicrosecond);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
    }

    /// <summary>Slices as nestable asynchronous events (<c>ph: b, e</c>), counters as counter events (<c>ph: C</c>).</summary>
    private static void WriteNotes(Utf8JsonWriter writer, TimelineNotes notes, decimal ticksPerMicrosecond)
    {
        Metadata(writer, "process_name"u8, notes.Stage, 0, notes.StageName);
        SortIndex(writer, "process_sort_index"u8, notes.Stage, 0, notes.Stage);
        for (int place = 0; place < notes.Slices.Length;)
        {
            // The first of an id holds the others: it ends after them, at whatever instant.
            TimelineSlice whole = notes.Slices[place];
            Edge("b"u8, whole.StartTicks, whole);
            for (place++; place < notes.Slices.Length && notes.Slices[place].Id == whole.Id; place++)
            {
                Edge("b"u8, notes.Slices[place].StartTicks, notes.Slices[place]);
                Edge("e"u8, notes.Slices[place].EndTicks, notes.Slices[place]);
            }

            Edge("e"u8, whole.EndTicks, whole);
            if (writer.BytesPending > FlushAt)
                writer.Flush();
        }

        foreach (TimelineCounter counter in notes.Counters)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, counter.Name);
            writer.WriteString("ph"u8, "C"u8);
            writer.WriteNumber("ts"u8, counter.Ticks / ticksPerMicrosecond);
            writer.WriteNumber("pid"u8, notes.Stage);
            writer.WriteStartObject("args"u8);
            foreach ((string name, double value) in counter.Values)
                writer.WriteNumber(name, value);
            writer.WriteEndObject();
            writer.WriteEndObject();
            if (writer.BytesPending > FlushAt)
                writer.Flush();
        }

        void Edge(ReadOnlySpan<byte> phase, long ticks, in TimelineSlice slice)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, slice.Name);
            writer.WriteString("cat"u8, slice.Category);
            writer.WriteString("ph"u8, phase);
            writer.WriteNumber("id"u8, slice.Id);
            writer.WriteNumber("ts"u8, ticks / ticksPerMicrosecond);
            writer.WriteNumber("pid"u8, notes.Stage);
            writer.WriteNumber("tid"u8, 0);
            writer.WriteEndObject();
        }
    }

    /// <summary>Writes a file in one step: a reader sees the old one or the new one, never half of it.</summary>
    public static void WriteFile(
        string path, ReadOnlySpan<TimelineEvent> events, TickScale scale, string stageName = "stage", IEnumerable<KeyValuePair<string, string>>? properties = null)
    {
        string temporary = path + ".new";
        using (FileStream file = File.Create(temporary))
            Write(file, events, scale, stageName, properties);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The rows in use: stages in order, streams of a stage as they first appear.</summary>
    private static List<(int Stage, string Stream)> Rows(ReadOnlySpan<TimelineEvent> events)
    {
        HashSet<(int, string)> seen = [];
        List<(int Stage, string Stream)> rows = [];
        foreach (ref readonly TimelineEvent bar in events)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(bar.StartTicks);
            ArgumentOutOfRangeException.ThrowIfNegative(bar.DurationTicks);
            if (seen.Add((bar.Stage, bar.Stream)))
                rows.Add((bar.Stage, bar.Stream));
        }

        // List.Sort is not stable; the order of first appearance must be.
        return [.. rows.Select(static (row, index) => (row, index)).OrderBy(static r => r.row.Stage).ThenBy(static r => r.index).Select(static r => r.row)];
    }

    private static void Metadata(Utf8JsonWriter writer, ReadOnlySpan<byte> kind, int stage, int row, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, kind);
        writer.WriteString("ph"u8, "M"u8);
        writer.WriteNumber("pid"u8, stage);
        writer.WriteNumber("tid"u8, row);
        writer.WriteStartObject("args"u8);
        writer.WriteString("name"u8, name);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void SortIndex(Utf8JsonWriter writer, ReadOnlySpan<byte> kind, int stage, int row, int index)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, kind);
        writer.WriteString("ph"u8, "M"u8);
        writer.WriteNumber("pid"u8, stage);
        writer.WriteNumber("tid"u8, row);
        writer.WriteStartObject("args"u8);
        writer.WriteNumber("sort_index"u8, index);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
