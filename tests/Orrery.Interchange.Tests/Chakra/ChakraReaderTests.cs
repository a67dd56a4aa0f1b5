using System.IO.Compression;
using System.Text;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

public sealed class ChakraReaderTests
{
    [Fact]
    public void A_trace_reads_back_as_it_was_written()
    {
        ChakraTrace trace = Good(new TraceBytes(ChakraAttribute.Of("orrery_world", 16L))
            .Compute(7, 12).Collective(9, ChakraCollective.AllGather, 1 << 20, "tp", 7).Send(11, 3, 64, 5, 9).ToArray());
        trace.NodeCount.ShouldBe(3);
        trace.World.ShouldBe(16);
        trace.Node(0).DurationPicos.ShouldBe(12_000_000);
        trace.Node(1).Collective.ShouldBe(ChakraCollective.AllGather);
        trace.Node(1).CommunicationBytes.ShouldBe(1 << 20);
        trace.GroupNames[trace.Node(1).Group].ShouldBe("tp");
        trace.ParentsOf(1).ToArray().ShouldBe([0]);
        trace.Node(2).Destination.ShouldBe(3);
        trace.Node(2).Tag.ShouldBe(5);
        trace.NameOf(0).ShouldBe("compute 7");
    }

    [Fact]
    public void Gzip_is_unwrapped()
    {
        byte[] plain = new TraceBytes().Compute(1, 3).ToArray();
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain);
        Good(packed.ToArray()).NodeCount.ShouldBe(1);
    }

    [Fact]
    public void The_published_recording_reads_whole()
    {
        Result<ChakraTrace> read = ChakraReader.ReadFile(RepositoryData.PathOf("chakra/pytorch/pytorch.0.et"), 0);
        ChakraTrace trace = read.Value.ShouldNotBeNull();
        trace.NodeCount.ShouldBe(3664);
        trace.DependencyCount.ShouldBe(181_878);
        int collectives = 0, priced = 0;
        for (int node = 0; node < trace.NodeCount; node++)
        {
            collectives += trace.Node(node).Type == ChakraNodeType.Collective ? 1 : 0;
            priced += trace.Node(node).Collective != ChakraCollective.Unstated ? 1 : 0;
        }

        collectives.ShouldBe(21);
        priced.ShouldBe(7);
        read.Diagnostics.ShouldHaveSingleItem().Code.ShouldBe(ReplayCodes.OperatorTree);
    }

    [Fact]
    public void The_published_JSON_reads_whole()
    {
        ChakraTrace trace = ChakraReader.ReadFile(RepositoryData.PathOf("chakra/json/small_chakra.0.json"), 0).Value.ShouldNotBeNull();
        trace.NodeCount.ShouldBe(7);
        trace.Node(0).DurationPicos.ShouldBe(318_000_000);
        trace.Node(0).IsHost.ShouldBeTrue();
        trace.Node(2).IsHost.ShouldBeFalse();
        trace.ParentsOf(1).ToArray().ShouldBe([0]);
    }

    [Theory]
    [InlineData("""{"version":"0.0.4"}{"id":"4","name":"a","type":"COMP_NODE","durationMicros":"2"}{"id":"5","name":"b","type":"COMM_COLL_NODE","dataDeps":["4"],"attr":[{"name":"comm_type","int64Val":"0"},{"name":"comm_size","uint64Val":"4096"},{"name":"involved_dim","boolList":{"values":[true,false]}}]}""")]
    [InlineData("""[{"Id":4,"Name":"a","NodeType":4,"runtime":2},{"Id":5,"Name":"b","NodeType":7,"data_deps":[4],"comm_type":0,"comm_size":4096,"involved_dim":[true,false]}]""")]
    [InlineData("""{"nodes":[{"id":5,"name":"b","type":7,"ctrlDeps":[4],"commType":0,"commSize":"4096","involvedDim":[true,false]},{"id":4,"name":"a","type":"COMP_NODE","duration_micros":2}]}""")]
    public void The_forms_of_JSON_say_the_same(string text)
    {
        ChakraTrace trace = Good(Encoding.UTF8.GetBytes(text));
        int last = trace.Node(0).Id == 5 ? 0 : 1;
        trace.Node(1 - last).DurationPicos.ShouldBe(2_000_000);
        trace.Node(last).CommunicationBytes.ShouldBe(4096);
        trace.Node(last).HasDimensions.ShouldBeTrue();
        trace.Node(last).Dimensions.ShouldBe(1u);
        trace.ParentsOf(last).ToArray().ShouldBe([1 - last]);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_with_node_and_rank()
    {
        byte[] bytes = new TraceBytes()
            .Compute(1, 1, 99).Compute(2, 1, 3).Compute(3, 1, 2).Compute(4, 1, 4).Compute(5, 1, 98).Compute(5, 1).ToArray();
        Result<ChakraTrace> read = ChakraReader.Read(bytes, "step.3.et", rank: 3);
        read.Value.ShouldBeNull();
        string[] told = [.. read.Diagnostics.Select(static d => d.ToString())];
        told.ShouldContain("step.3.et: error ORR6206: rank 3: node 1 (compute 1) depends (data) on node 99, which is not in the file");
        told.ShouldContain("step.3.et: error ORR6206: rank 3: node 5 (compute 5) depends (data) on node 98, which is not in the file");
        told.ShouldContain("step.3.et: error ORR6205: rank 3: node 5 (compute 5) has the number of another node of the file");
    }

    [Fact]
    public void Every_circle_is_told_once()
    {
        byte[] bytes = new TraceBytes()
            .Compute(1, 1).Compute(2, 1, 3).Compute(3, 1, 2).Compute(4, 1, 4).Compute(5, 1, 3).Compute(6, 1, 8).Compute(7, 1, 6).Compute(8, 1, 7).ToArray();
        Result<ChakraTrace> read = ChakraReader.Read(bytes, "t", rank: 0);
        string[] told = [.. read.Diagnostics.Select(static d => d.Message)];
        told.Length.ShouldBe(3);
        told.ShouldContain("rank 0: node 2 (compute 2) stands in a circle: 2 waits for 3 waits for 2");
        told.ShouldContain("rank 0: node 4 (compute 4) depends on itself");
        told.ShouldContain("rank 0: node 6 (compute 6) stands in a circle: 6 waits for 8 waits for 7 waits for 6");
    }

    [Fact]
    public void What_a_node_needs_and_lacks_is_told()
    {
        byte[] bytes = new TraceBytes()
            .Node(1, ChakraNodeType.Collective, [], ChakraAttribute.Of("comm_type", 0L))
            .Node(2, ChakraNodeType.Collective, [], ChakraAttribute.Of("comm_type", 12L), ChakraAttribute.Of("comm_size", 4L))
            .Node(3, ChakraNodeType.Send, [], ChakraAttribute.Of("comm_size", 4L))
            .Node(4, ChakraNodeType.Receive, [], ChakraAttribute.Of("comm_src", 1L))
            .Node(5, ChakraNodeType.Compute, [], ChakraAttribute.Of("num_ops", -4.0))
            .Node(6, ChakraNodeType.Collective, [], ChakraAttribute.Of("comm_type", 0L), ChakraAttribute.Of("comm_size", "large"))
            .ToArray();
        string told = string.Join('\n', ChakraReader.Read(bytes, "t", rank: 0).Diagnostics);
        told.ShouldContain("node 1 (Collective 1) is a collective whose comm_size is missing or 0");
        told.ShouldContain("node 2 (Collective 2) has comm_type 12; expected 0 (all-reduce) to 9 (barrier)");
        told.ShouldContain("node 3 (Send 3) sends and has no comm_dst");
        told.ShouldContain("node 4 (Receive 4) is a message whose comm_size is missing or 0");
        told.ShouldContain("node 5 (Compute 5) has num_ops -4");
        told.ShouldContain("has comm_size 'large'");
    }

    [Fact]
    public void Sizes_past_32_bits_stay_whole()
    {
        long size = 5L << 32;
        Good(new TraceBytes().Collective(1, ChakraCollective.AllReduce, size).ToArray()).Node(0).CommunicationBytes.ShouldBe(size);
    }

    [Fact]
    public void Limits_hold()
    {
        TraceBytes trace = new();
        for (ulong id = 1; id <= 40; id++)
            trace.Compute(id, 1, id > 1 ? [id - 1] : []);
        byte[] bytes = trace.ToArray();
        Refused(bytes, ChakraLimits.Default with { Nodes = 39 }).ShouldContain("more than 39 nodes");
        Refused(bytes, ChakraLimits.Default with { Dependencies = 20 }).ShouldContain("more than 20 dependencies");
        Refused(bytes, ChakraLimits.Default with { FileBytes = 100 }).ShouldContain("more than 100 bytes");
        Refused(bytes, ChakraLimits.Default with { MessageBytes = 10 }).ShouldContain("at most 10 can be");
        Refused(Encoding.UTF8.GetBytes("[" + new string('[', 40) + new string(']', 41)), ChakraLimits.Default).ShouldContain("depth");
        Good(bytes).NodeCount.ShouldBe(40);
    }

    [Fact]
    public void A_length_that_lies_costs_no_memory()
    {
        // A message of 16 MB less one byte, of which two bytes are there.
        byte[] bytes = [0x02, 0x0A, 0x00, 0xFF, 0xFF, 0xFF, 0x07, 0x08, 0x01];
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChakraReader.Read(bytes, "t").Value.ShouldBeNull();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello, this is no trace at all")]
    [InlineData("{")]
    [InlineData("[1, 2]")]
    [InlineData("{\"workload_graph\": 3}")]
    public void What_is_no_trace_is_refused(string text) => ChakraReader.Read(Encoding.UTF8.GetBytes(text), "t").Value.ShouldBeNull();

    private static ChakraTrace Good(byte[] bytes)
    {
        Result<ChakraTrace> read = ChakraReader.Read(bytes, "t", rank: 0);
        read.Diagnostics.ShouldBeEmpty();
        return read.Value.ShouldNotBeNull();
    }

    private static string Refused(byte[] bytes, ChakraLimits limits)
    {
        Result<ChakraTrace> read = ChakraReader.Read(bytes, "t", rank: 0, limits);
        read.Value.ShouldBeNull();
        return string.Join('\n', read.Diagnostics);
    }
}
