using System.Text;
using System.Text.Json;
using Orrery.Engine;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class TraceEventWriterTests
{
    private static readonly TimelineEvent[] Step =
    [
        new(1, "compute", "forward 0", 2_000_001, 3_500_000, "forward"),
        new(0, "compute", "forward 0", 0, 2_000_000, "forward"),
        new(0, "network", "send \"0\"", 2_000_000, 1, "send"),
        new(0, "compute", "backward 0", 9_000_000, 4_000_000, "backward"),
    ];

    [Fact]
    public void Each_bar_is_a_complete_event_with_exact_microseconds()
    {
        JsonElement[] bars = Bars(Write(Step));
        bars.Length.ShouldBe(4);
        bars[0].GetProperty("name").GetString().ShouldBe("forward 0");
        bars[0].GetProperty("cat").GetString().ShouldBe("forward");
        bars[0].GetProperty("pid").GetInt32().ShouldBe(1);

        // 2,000,001 ps: no float in between.
        bars[0].GetProperty("ts").GetRawText().ShouldBe("2.000001");
        bars[0].GetProperty("dur").GetRawText().ShouldBe("3.5");
        bars[2].GetProperty("dur").GetRawText().ShouldBe("0.000001");
        bars[2].GetProperty("name").GetString().ShouldBe("send \"0\"");
    }

    [Fact]
    public void Each_stage_is_a_group_and_each_of_its_streams_a_named_row()
    {
        JsonElement[] all = Events(Write(Step));
        string[] groups = Named(all, "process_name");
        groups.ShouldBe(["0:0 stage 0", "1:0 stage 1"]);
        Named(all, "thread_name").ShouldBe(["0:0 compute", "0:1 network", "1:2 compute"]);

        // Bars refer to those rows.
        Bars(Write(Step)).Select(bar => (bar.GetProperty("pid").GetInt32(), bar.GetProperty("tid").GetInt32()))
            .ShouldBe([(1, 2), (0, 0), (0, 1), (0, 0)]);
    }

    [Fact]
    public void Another_tick_scale_gives_the_same_times()
    {
        TimelineEvent[] nanoseconds = [new(0, "compute", "a", 1500, 2, "x")];
        using JsonDocument document = Write(nanoseconds, TickScale.Nanoseconds);
        Bars(document)[0].GetProperty("ts").GetRawText().ShouldBe("1.5");
        Bars(document)[0].GetProperty("dur").GetRawText().ShouldBe("0.002");
    }

    [Fact]
    public void The_same_events_give_the_same_bytes()
    {
        byte[] Bytes()
        {
            using MemoryStream stream = new();
            TraceEventWriter.Write(stream, Step, TickScale.Picoseconds, properties: [new("model", "llama"), new("system", "trn3")]);
            return stream.ToArray();
        }

        Bytes().ShouldBe(Bytes());
        Encoding.UTF8.GetString(Bytes()).ShouldContain("\"otherData\":{\"schema\":\"orrery.timeline.1\",\"model\":\"llama\",\"system\":\"trn3\"}");
    }

    [Fact]
    public void An_empty_timeline_is_a_valid_file() => Events(Write([])).ShouldBeEmpty();

    [Fact]
    public void A_bar_before_the_start_or_of_negative_length_throws()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Write([new(0, "a", "b", -1, 1, "c")]));
        Should.Throw<ArgumentOutOfRangeException>(() => Write([new(0, "a", "b", 1, -1, "c")]));
    }

    [Fact]
    public void A_large_timeline_is_streamed()
    {
        TimelineEvent[] many = new TimelineEvent[50_000];
        for (int i = 0; i < many.Length; i++)
            many[i] = new TimelineEvent(i % 16, "compute", "forward", i, 1, "forward");
        CountingStream stream = new();
        TraceEventWriter.Write(stream, many, TickScale.Picoseconds);
        stream.Largest.ShouldBeLessThan(1 << 18);
        stream.Total.ShouldBeGreaterThan(3_000_000);
    }

    [Fact]
    public void A_file_appears_whole()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            TraceEventWriter.WriteFile(path, Step, TickScale.Picoseconds, "rank");
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            Named(Events(document), "process_name").ShouldBe(["0:0 rank 0", "1:0 rank 1"]);
            File.Exists(path + ".new").ShouldBeFalse();
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static JsonDocument Write(TimelineEvent[] events, TickScale? scale = null)
    {
        using MemoryStream stream = new();
        TraceEventWriter.Write(stream, events, scale ?? TickScale.Picoseconds);
        return JsonDocument.Parse(stream.ToArray());
    }

    private static JsonElement[] Events(JsonDocument document) => [.. document.RootElement.GetProperty("traceEvents").EnumerateArray()];

    private static JsonElement[] Bars(JsonDocument document) => [.. Events(document).Where(e => e.GetProperty("ph").GetString() == "X")];

    private static string[] Named(JsonElement[] events, string kind) =>
    [
        .. events.Where(e => e.GetProperty("name").GetString() == kind)
            .Select(e => $"{e.GetProperty("pid").GetInt32()}:{e.GetProperty("tid").GetInt32()} {e.GetProperty("args").GetProperty("name").GetString()}"),
    ];

    private sealed class CountingStream : MemoryStream
    {
        public int Largest { get; private set; }

        public long Total { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Largest = Math.Max(Largest, buffer.Length);
            Total += buffer.Length;
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }
}
