using System.IO.Compression;
using System.Text;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Traces of every layout, good and bad.</summary>
public sealed class TraceReaderTests
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
        Read("TIMESTAMP,ContextTokens\n1,2\n").Diagnostics[0].Message.ShouldContain("azure, lacks 'GeneratedTokens'");

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
        Diagnostic left = result.Diagnostics.ShouldHaveSingleItem();
        (left.Severity, left.Line, left.Column).ShouldBe((Severity.Warning, 3, 3));
        left.Message.ShouldBe("12 requests with more tokens of prompt and answer than the context of 64 are left out; the first has 105");
    }

    /// <summary>One good file of every layout.</summary>
    private static readonly string[] Good =
    [
        "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,396,109\n",
        "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15 12:03:36.0,0,374,44\n2024-10-15 12:03:37.5,3,396,109\n",
        "{\"timestamp\": 5, \"input_length\": 374, \"output_length\": 44, \"hash_ids\": [0, 1]}\n{\"timestamp\": 3005, \"input_length\": 396, \"output_length\": 109, \"hash_ids\": [0]}\n",
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,374,44,418,log\n45.5,GPT-4,396,109,505,log\n",
        "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n19440110.0,a,4,GPT-4,374,44,418,log\n19440111.0,a,4,GPT-4,396,109,505,log\n",
        "request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size\n0,2,0,0.25,1,374,44\n1,2,0,1.25,1,396,109\n",
        "arrived_at,num_prefill_tokens,num_decode_tokens\n0,374,44\n2.5,396,109\n",
    ];

    [Fact]
    public void Whatever_the_bytes_the_reader_answers()
    {
        RandomStream random = RandomStream.Create(7, "fuzz");
        foreach (string good in Good)
        {
            for (int trial = 0; trial < 1500; trial++)
            {
                Result<RequestTrace> result = TraceReader.Read(new MemoryStream(Spoilt(Encoding.UTF8.GetBytes(good), ref random)), TraceLimits.Default, "fuzz");
                Answered(result);
            }
        }
    }

    [Fact]
    public void Whatever_the_bytes_of_a_compressed_file_the_reader_answers()
    {
        RandomStream random = RandomStream.Create(8, "fuzz");
        foreach (string good in Good)
        {
            byte[] zipped = Zipped(Encoding.UTF8.GetBytes(good));
            for (int trial = 0; trial < 60; trial++)
                Answered(OfFile(Spoilt(zipped, ref random)));
        }
    }

    /// <summary>A trace, or errors, each with a place inside the file; never both.</summary>
    private static void Answered(Result<RequestTrace> result)
    {
        result.Diagnostics.Any(static one => one.Severity == Severity.Error).ShouldBe(result.Value is null);
        foreach (Diagnostic one in result.Diagnostics)
        {
            (one.Line > 0).ShouldBe(one.Column > 0);
            one.Message.Any(char.IsControl).ShouldBeFalse(one.Message);
        }

        if (result.Value is not { } trace)
            return;
        for (int request = 0; request < trace.Count; request++)
        {
            trace.Inputs[request].ShouldBeInRange(1, TraceLimits.AbsurdTokens);
            trace.Outputs[request].ShouldBeInRange(1, TraceLimits.AbsurdTokens);
            trace.Arrivals[request].ShouldBeGreaterThanOrEqualTo(request == 0 ? 0 : trace.Arrivals[request - 1]);
        }
    }

    /// <summary>Bytes changed, cut out, doubled and cut off.</summary>
    private static byte[] Spoilt(byte[] good, ref RandomStream random)
    {
        List<byte> bytes = [.. good];
        int changes = 1 + random.NextInt(6);
        for (int change = 0; change < changes && bytes.Count > 2; change++)
        {
            int place = random.NextInt(bytes.Count);
            int length = Math.Min(1 + random.NextInt(12), bytes.Count - place);
            switch (random.NextInt(5))
            {
                case 0:
                    bytes.RemoveRange(place, length);
                    break;
                case 1:
                    bytes.InsertRange(place, bytes.GetRange(place, length));
                    break;
                case 2:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
                case 3:
                    bytes[place] = (byte)",\"{}[]-.eE\n\r0917:"[random.NextInt(17)];
                    break;
                default:
                    bytes[place] = (byte)random.NextInt(256);
                    break;
            }
        }

        return [.. bytes];
    }

    private static byte[] Zipped(byte[] text)
    {
        MemoryStream bytes = new();
        using (GZipStream zip = new(bytes, CompressionLevel.Optimal, leaveOpen: true))
            zip.Write(text);
        return bytes.ToArray();
    }

    private static Result<RequestTrace> OfFile(byte[] bytes)
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, bytes);
            return TraceReader.Read(file, TraceLimits.Default, "trace.gz");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,-5,3\n", 3, "'ContextTokens' is '-5'; expected whole tokens")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5,x y\n", 5, "'GeneratedTokens' is 'x y'")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\nnoon,5,3\n", 1, "'noon' is no time")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n1,5\n", 4, "ends after 2 columns; the heading has 3")]
    [InlineData("TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n1,-1,5,3\n", 3, "'NumImages' is '-1'")]
    [InlineData("\n{\"timestamp\": 1, \"input_length\": -5, \"output_length\": 3}\n", 34, "'input_length' is '-5'")]
    [InlineData("\n{\"timestamp\": 1, \"input_length\": \"5\", \"output_length\": 3}\n", 34, "'input_length' is '\"5\"'")]
    [InlineData("\n{\"timestamp\": \"x\", \"input_length\": 5, \"output_length\": 3}\n", 15, "'timestamp' is '\"x\"'")]
    [InlineData("\n{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 3, \"hash_ids\": [1, 2.5]}\n", 73, "'hash_ids' holds '2.5'")]
    [InlineData("\n{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 3, \"hash_ids\": 7}\n", 69, "'hash_ids' holds '7'")]
    public void A_mistake_is_said_with_its_column_and_what_was_found(string text, int column, string message)
    {
        Diagnostic found = Read(text).Diagnostics[0];
        (found.Line, found.Column).ShouldBe((2, column), found.Message);
        found.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData("TIMESTAMP,ContextTokns,GeneratedTokens\n1,2,3\n", 11, "lacks 'ContextTokens' (is 'ContextTokns' meant?)")]
    [InlineData("TIMESTAMP;ContextTokens;GeneratedTokens\n1;2;3\n", 1, "columns are parted by ';', expected ','")]
    [InlineData("1,374,44\n2,396,109\n", 1, "the first line is no heading")]
    [InlineData("[{\"timestamp\": 1}]\n", 1, "one JSON array")]
    [InlineData("PK\u0003\u0004rubbish", 1, "a zip archive")]
    [InlineData("PAR1", 1, "a Parquet file")]
    [InlineData("TIME\0STAMP,x\n", 5, "byte 0x00")]
    public void What_is_no_trace_is_told_from_its_first_line(string text, int column, string message)
    {
        Diagnostic found = Read(text).Diagnostics[0];
        (found.Line, found.Column).ShouldBe((1, column), found.Message);
        found.Message.ShouldContain(message);
    }

    [Fact]
    public void Text_of_two_bytes_a_letter_is_named() =>
        OfFile([0xff, 0xfe, .. Encoding.Unicode.GetBytes(Good[0])]).Diagnostics[0].Message.ShouldContain("UTF-16");

    [Fact]
    public void Commas_inside_quotes_part_nothing() =>
        Read("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,\"GPT-4, \"\"large\"\"\",\"374\",44,418,log\n").Value!.Inputs[0].ShouldBe(374);

    [Fact]
    public void A_compressed_file_that_is_cut_off_is_an_error_wherever_it_is_cut()
    {
        StringBuilder text = new("TIMESTAMP,ContextTokens,GeneratedTokens\n");
        RandomStream random = RandomStream.Create(3, "lines");
        for (int line = 0; line < 2000; line++)
            text.Append(line).Append(',').Append(1 + random.NextInt(4000)).Append(',').Append(1 + random.NextInt(400)).Append('\n');
        byte[] whole = Zipped(Encoding.UTF8.GetBytes(text.ToString()));
        OfFile(whole).Value!.Count.ShouldBe(2000);
        foreach (int cut in (int[])[1, 4, 8, 9, 40, whole.Length / 2])
        {
            Result<RequestTrace> result = OfFile(whole[..^cut]);
            result.Value.ShouldBeNull($"cut by {cut}");
            result.Diagnostics[0].Message.ShouldContain("cut off or damaged");
        }
    }

    [Fact]
    public void A_file_that_expands_without_end_is_left_off()
    {
        // 200 MB of lines too long for the context, and as many blank ones, in some 200 KB.
        MemoryStream bytes = new();
        using (GZipStream zip = new(bytes, CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write("TIMESTAMP,ContextTokens,GeneratedTokens\n"u8);
            byte[] lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\n", 1 << 20)));
            for (int piece = 0; piece < 200; piece++)
                zip.Write(lines);
        }

        Result<RequestTrace> result = OfFile(bytes.ToArray());
        result.Value.ShouldBeNull();
        result.Diagnostics[0].Code.ShouldBe(ServingCode.TraceTooLarge);
    }

    [Fact]
    public void After_a_thousand_mistakes_no_more_lines_are_tried()
    {
        Lines stream = new("TIMESTAMP,ContextTokens,GeneratedTokens\n", "1,2,x\n", 1L << 40);
        Result<RequestTrace> result = TraceReader.Read(stream, TraceLimits.Default, "rubbish");
        result.Diagnostics.Length.ShouldBe(TraceReader.MostShown + 1);
        stream.Position.ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public void Requests_that_failed_where_they_were_recorded_are_left_out()
    {
        Result<RequestTrace> result = Read("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,0,0,0,log\n6,GPT-4,396,0,396,log\n");
        result.Value!.Inputs.ToArray().ShouldBe([396]);
        result.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(ServingCode.EmptyPrompt);
    }

    [Fact]
    public void Times_are_counted_from_the_first_however_late_it_is()
    {
        RequestTrace trace = Read("Timestamp,Model,Request tokens,Response tokens\n1700000000.5,a,5,6\n1700000002.75,a,7,8\n").Value!;
        (trace.Arrivals[1] / RequestTrace.TicksPerSecond).ShouldBe(2.25, 1e-6);
    }

    [Fact]
    public void What_comes_after_the_clock_ends_is_left_out_and_said()
    {
        Result<RequestTrace> result = Read("Timestamp,Model,Request tokens,Response tokens\n5,a,5,6\n9400000,a,7,8\n");
        result.Value!.Count.ShouldBe(1);
        result.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(ServingCode.TraceTooLarge);
    }

    [Fact]
    public void Dates_and_numbers_do_not_mix() =>
        Read("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46,5,3\n7,5,3\n").Diagnostics[0].Message.ShouldContain("one kind in all lines");

    [Theory]
    [InlineData("2023-11-16 18:15:46.6805900", "2023-11-16T18:15:47.6805900", 1)]
    [InlineData("2024-02-29 23:59:59", "2024-03-01 00:00:00.25", 1.25)]
    [InlineData("2024-05-10 00:00:00.009930+00:00", "2024-05-10 01:00:01.009930+01:00", 1)]
    [InlineData("2024-12-31T23:59:59.5Z", "2025-01-01T00:00:00Z", 0.5)]
    public void Dates_are_read_in_their_usual_forms(string first, string second, double seconds)
    {
        RequestTrace trace = Read($"TIMESTAMP,ContextTokens,GeneratedTokens\n{first},5,3\n{second},5,3\n").Value!;
        (trace.Arrivals[1] / RequestTrace.TicksPerSecond).ShouldBe(seconds, 1e-9);
    }

    [Fact]
    public void Turns_of_one_conversation_are_linked_in_the_order_of_arrival()
    {
        RequestTrace trace = Read(
            "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens\n30,b,1,m,3,1\n10,a,1,m,1,1\n20,,1,m,2,1\n40,a,1,m,4,1\n35,b,1,m,9999,1\n50,b,1,m,5,1\n", context: 100).Value!;
        ConversationLinks turns = trace.Conversations!;
        trace.Inputs.ToArray().ShouldBe([1, 2, 3, 4, 5]);
        (turns.Next(0), turns.Next(1), turns.Next(2), turns.Next(3), turns.Next(4)).ShouldBe((3, -1, 4, -1, -1));
        (turns.Count, turns.FollowUps, turns.IsFollowUp(3), turns.IsFollowUp(2)).ShouldBe((3, 2, true, false));
        RequestTrace without = trace.Where(static (input, _) => input != 3);
        (without.Conversations!.Next(0), without.Conversations.FollowUps).ShouldBe((2, 1));
    }

    [Fact]
    public void Images_stay_with_their_requests_when_a_trace_is_sorted()
    {
        RequestTrace trace = Read("TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n9,0,1,1\n5,3,2,1\n7,1,3,1\n").Value!;
        (trace.Images(0), trace.Images(1), trace.Images(2)).ShouldBe((3, 1, 0));
        Read(Good[0]).Value!.Images(0).ShouldBe(0);
    }

    [Fact]
    public void Fewer_requests_are_read_where_fewer_are_asked_for()
    {
        Result<RequestTrace> result = TraceReader.Read(new MemoryStream(Encoding.UTF8.GetBytes(Good[0])), TraceLimits.Default with { MostRequests = 1 }, "trace");
        (result.Value!.Count, result.Diagnostics.Length).ShouldBe((1, 0));
    }

    [Fact]
    public void A_large_file_is_read_in_little_memory()
    {
        // 64 MB of lines, most of which are too long for the context: what is kept is what is served.
        Lines stream = new("TIMESTAMP,ContextTokens,GeneratedTokens\n", "12.5,900000,44,padding that nobody reads and that makes the line longer\n", 64 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Result<RequestTrace> result = TraceReader.Read(stream, TraceLimits.Default with { ContextTokens = 4096 }, "large");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
        // One line for all that are left out, not one each.
        Diagnostic left = result.Diagnostics.Single(static one => one.Code == ServingCode.PromptTooLong);
        (left.Line, left.Message.Contains("900,044", StringComparison.Ordinal)).ShouldBe((2, true));
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
