using System.IO.Compression;
using System.Text;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Traces of every layout, good and bad, and requests that are made up.</summary>
public sealed class WorkloadTests
{
    private static Result<RequestTrace> Read(string text, int context = int.MaxValue) =>
        TraceReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), TraceLimits.Default with { ContextTokens = context }, "trace");

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n", 4.314579)]
    [InlineData("{\"timestamp\": 5, \"input_length\": 374, \"output_length\": 44, \"hash_ids\": [0, 1]}\n{\"timestamp\": 3005, \"input_length\": 396, \"output_length\": 109, \"hash_ids\": [0]}\n", 3.0)]
    [InlineData("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,374,44,418,log\n45.5,GPT-4,396,109,505,log\n", 40.5)]
    [InlineData("request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size\n0,2,0,0.25,1,374,44\n1,2,0,1.25,1,396,109\n", 1.0)]
    [InlineData("arrived_at,num_prefill_tokens,num_decode_tokens\n0,374,44\n2.5,396,109\n", 2.5)]
    [InlineData("num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\r\n374,44,418,8.5\r\n396,109,505,3.6\r\n", 0.0)]
    public void Every_layout_is_told_by_its_columns(string text, double second)
    {
        RequestTrace trace = Read(text).Value!;
        trace.Inputs.ToArray().ShouldBe([374, 396]);
        trace.Outputs.ToArray().ShouldBe([44, 109]);
        trace.Arrivals[0].ShouldBe(0);
        (trace.Arrivals[1] / RequestTrace.TicksPerSecond).ShouldBe(second, 1e-9);
    }

    [Fact]
    public void Prefix_blocks_stay_with_their_requests_when_a_trace_is_sorted()
    {
        RequestTrace trace = Read(
            "{\"timestamp\": 9, \"input_length\": 3, \"output_length\": 1, \"hash_ids\": [7, 8]}\n{\"timestamp\": 1, \"input_length\": 2, \"output_length\": 1, \"hash_ids\": [5]}\n").Value!;
        trace.PrefixBlockTokens.ShouldBe(512);
        trace.PrefixBlocks(0).ToArray().ShouldBe([5]);
        trace.PrefixBlocks(1).ToArray().ShouldBe([7, 8]);
    }

    [Theory]
    [InlineData("", ServingCode.EmptyTrace, 0)]
    [InlineData("a,b,c\n1,2,3\n", ServingCode.UnknownLayout, 1)]
    [InlineData("TIMESTAMP,ContextTokens\n1,2\n", ServingCode.UnknownLayout, 1)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,-5,3\n", ServingCode.BadLength, 2)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5,999999999999\n", ServingCode.BadLength, 2)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5.5,3\n", ServingCode.BadLength, 2)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,x,3\n", ServingCode.BadLength, 2)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,5,3\n", ServingCode.BadTraceLine, 2)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5\n", ServingCode.BadTraceLine, 2)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n", ServingCode.EmptyTrace, 0)]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 3}\n{broken\n", ServingCode.BadTraceLine, 2)]
    [InlineData("{\"timestamp\": 1, \"input_length\": 5}\n", ServingCode.UnknownLayout, 1)]
    public void A_bad_trace_is_refused_with_its_line(string text, string code, int line)
    {
        Result<RequestTrace> result = Read(text);
        result.Value.ShouldBeNull();
        Diagnostic found = result.Diagnostics.First(static one => one.Severity == Severity.Error);
        (found.Code, found.Line).ShouldBe((code, line));
    }

    [Fact]
    public void The_columns_that_are_missing_are_named() =>
        Read("TIMESTAMP,ContextTokens\n1,2\n").Diagnostics[0].Message.ShouldContain("azure, lacks GeneratedTokens");

    [Fact]
    public void An_unsorted_trace_is_sorted_and_said_to_be()
    {
        Result<RequestTrace> result = Read("TIMESTAMP,ContextTokens,GeneratedTokens\n9,1,1\n3,2,1\n5,3,1\n");
        result.Diagnostics.Count(static one => one.Code == ServingCode.UnsortedTrace).ShouldBe(2);
        result.Value!.Inputs.ToArray().ShouldBe([2, 3, 1]);
        result.Value.Arrivals[2].ShouldBe((long)(6 * RequestTrace.TicksPerSecond));
    }

    [Fact]
    public void Prompts_over_the_context_are_left_out_and_counted()
    {
        StringBuilder text = new("TIMESTAMP,ContextTokens,GeneratedTokens\n0,10,5\n");
        for (int line = 0; line < 12; line++)
            text.Append("1,100,5\n");
        Result<RequestTrace> result = Read(text.ToString(), context: 64);
        result.Value!.Count.ShouldBe(1);
        result.Diagnostics.Length.ShouldBe(TraceReader.MostShown + 1);
        result.Diagnostics[^1].Message.ShouldContain("7 more");
    }

    [Fact]
    public void Whatever_the_bytes_the_reader_answers()
    {
        RandomStream random = RandomStream.Create(7, "fuzz");
        byte[] good = Encoding.UTF8.GetBytes("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.68,374,44\n{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 3}\n");
        for (int trial = 0; trial < 3000; trial++)
        {
            byte[] bytes = [.. good];
            for (int change = 0; change < 1 + random.NextInt(8); change++)
                bytes[random.NextInt(bytes.Length)] = (byte)random.NextInt(256);
            Result<RequestTrace> result = TraceReader.Read(new MemoryStream(bytes), TraceLimits.Default, "fuzz");
            (result.Value is not null || result.Diagnostics.Length > 0).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_large_file_is_read_in_little_memory()
    {
        // 64 MB of lines, most of which are too long for the context: what is kept is what is served.
        Lines stream = new("TIMESTAMP,ContextTokens,GeneratedTokens\n", "12.5,900000,44,padding that nobody reads and that makes the line longer\n", 64 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Result<RequestTrace> result = TraceReader.Read(stream, TraceLimits.Default with { ContextTokens = 4096 }, "large");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
        result.Diagnostics[0].Code.ShouldBe(ServingCode.PromptTooLong);
    }

    [Fact]
    public void A_line_without_end_is_cut_and_said_to_be()
    {
        Lines stream = new("TIMESTAMP,ContextTokens,GeneratedTokens\n", "1,2,3,", 8 << 20);
        Result<RequestTrace> result = TraceReader.Read(stream, TraceLimits.Default, "endless");
        result.Value.ShouldBeNull();
        result.Diagnostics[0].Code.ShouldBe(ServingCode.LineTooLong);
    }

    [Fact]
    public void The_azure_hour_is_read_whole()
    {
        RequestTrace trace = TraceReader.Read(Path.Combine(Bench.DataRoot(), "traces", "azure-llm-2023-conv.csv.gz"), TraceLimits.Default).Value!;
        trace.Count.ShouldBe(19366);
        trace.Where(static (input, output) => input + output <= 4096).Count.ShouldBe(17754);
        (trace.Arrivals[^1] / RequestTrace.TicksPerSecond).ShouldBeInRange(3400, 3600);
    }

    [Fact]
    public void A_file_that_is_not_there_is_a_diagnostic() =>
        TraceReader.Read("/nowhere/at/all.csv", TraceLimits.Default).Diagnostics[0].Code.ShouldBe(ServingCode.TraceUnreadable);

    [Fact]
    public void A_broken_gzip_file_is_a_diagnostic()
    {
        string file = Path.GetTempFileName();
        try
        {
            using (GZipStream zip = new(File.Create(file), CompressionLevel.Optimal))
                zip.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("TIMESTAMP,ContextTokens,GeneratedTokens\n", 1000))));
            byte[] bytes = File.ReadAllBytes(file);
            bytes[^12] ^= 0x55;
            File.WriteAllBytes(file, bytes[..^6]);
            TraceReader.Read(file, TraceLimits.Default).Diagnostics.ShouldNotBeEmpty();
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Every_arrival_process_keeps_the_rate_it_is_asked_for()
    {
        foreach (ArrivalProcess process in ArrivalProcesses.All)
        {
            RequestTrace trace = SyntheticTrace.Create(process, 50, 60_000, new LengthRange(10), new LengthRange(10), 4);
            double rate = (trace.Count - 1) / (trace.Arrivals[^1] / RequestTrace.TicksPerSecond);
            rate.ShouldBe(50, 2.5, process.Name);
        }
    }

    [Fact]
    public void Processes_differ_in_how_much_gaps_vary()
    {
        Variation(new EvenArrivals()).ShouldBe(0, 1e-6);
        Variation(new PoissonArrivals()).ShouldBe(1, 0.05);
        Variation(new GammaArrivals()).ShouldBe(2, 0.1);
        Variation(new BurstArrivals()).ShouldBeGreaterThan(1.1);
    }

    [Fact]
    public void Changing_the_lengths_leaves_the_arrivals_as_they_were()
    {
        RequestTrace one = SyntheticTrace.Create(new PoissonArrivals(), 5, 100, new LengthRange(10, 0.5), new LengthRange(10), 4);
        RequestTrace other = SyntheticTrace.Create(new PoissonArrivals(), 5, 100, new LengthRange(999, 0.1), new LengthRange(77, 0.1), 4);
        one.Arrivals.SequenceEqual(other.Arrivals).ShouldBeTrue();
        SyntheticTrace.Create(new PoissonArrivals(), 5, 100, new LengthRange(10), new LengthRange(10), 5).Arrivals.SequenceEqual(one.Arrivals).ShouldBeFalse();
    }

    [Fact]
    public void Lengths_fill_their_range()
    {
        RequestTrace trace = SyntheticTrace.Create(new PoissonArrivals(), 5, 20_000, new LengthRange(1000, 0.8), new LengthRange(7), 4);
        int[] inputs = trace.Inputs.ToArray();
        inputs.Min().ShouldBe(800);
        inputs.Max().ShouldBe(1000);
        inputs.Average().ShouldBe(900, 2);
        trace.Outputs.ToArray().ShouldAllBe(static output => output == 7);
    }

    private static double Variation(ArrivalProcess process)
    {
        RequestTrace trace = SyntheticTrace.Create(process, 1, 50_000, new LengthRange(1), new LengthRange(1), 8);
        double[] gaps = new double[trace.Count - 1];
        for (int gap = 0; gap < gaps.Length; gap++)
            gaps[gap] = trace.Arrivals[gap + 1] - trace.Arrivals[gap];
        double mean = gaps.Average();
        return Math.Sqrt(gaps.Average(gap => (gap - mean) * (gap - mean))) / mean;
    }

    /// <summary>A heading and then one line again and again, of so many bytes together, never in memory.</summary>
    private sealed class Lines(string heading, string line, long total) : Stream
    {
        private readonly byte[] head = Encoding.UTF8.GetBytes(heading);
        private readonly byte[] body = Encoding.UTF8.GetBytes(line);
        private long at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => total;

        public override long Position
        {
            get => at;
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = 0;
            while (read < buffer.Length && at < total)
            {
                buffer[read++] = at < head.Length ? head[at] : body[(int)((at - head.Length) % body.Length)];
                at++;
            }

            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
