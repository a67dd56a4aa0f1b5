using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Engine;
using Orrery.Operators;
using Orrery.Units;
using Orrery.Validation.Collectives;
using Shouldly;
using Xunit;

namespace Orrery.Validation.Tests.Collectives;

public sealed class BenchmarkOutputTests
{
    private const string Nccl =
        """
        # nccl-tests version 2.17.6 nccl-headers=22707 nccl-library=22707
        # Collective test starting: all_reduce_perf
        # nThread 1 nGpus 2 minBytes 1024 maxBytes 4194304 step: 2(factor) warmup iters: 1 iters: 20 agg iters: 1 validation: 1 graph: 0
        #
        # Using devices
        #  Rank  0 Group  0 Pid  12345 on    node-a device  0 [0000:05:00] Some GPU
        #  Rank  1 Group  0 Pid  12345 on    node-b device  0 [0000:05:00] Some GPU
        #
        #                                                              out-of-place                       in-place          
        #       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
        #        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)       
                1024           256     float     sum      -1    19.61    0.05    0.05      0    19.22    0.05    0.05      0
             1048576        262144     float     sum      -1    42.00   24.97   24.97      0    41.00   25.57   25.57    N/A
             2097152        524288     float     sum      -1    60.00   34.95   34.95      2    61.00   34.38   34.38      0
             4194304       1048576     float     sum      -1    60.00   34.95   34.95      0      N/A     N/A     N/A    N/A
        # Out of bounds values : 1 FAILED
        # Avg bus bandwidth    : 21.0 
        """;

    private const string Nccom =
        """
        $ nccom-test -r 32 allg -b 1kb -e 1mb -f 32
             size(B)    count(elems)     type    time:avg(us)    time:p99(us)    algbw(GB/s)    busbw(GB/s)
                1024             512     bf16            58.1            70.0           0.02           0.02
               32768           16384     bf16            61.0            70.0           0.50           0.48
        Avg bus bandwidth:      0.2501GB/s
        """;

    private const string NcclJson =
        """
        {"args": ["./build/alltoall_perf", "-b", "8"], "devices": [{"rank": 0, "hostname": "a"}, {"rank": 1, "hostname": "a"}],
         "results": [{"size": 1024, "count": 256, "type": "half", "out_of_place": {"time": 11.5, "alg_bw": 0.09, "nwrong": "0"}, "in_place": {"time": 12.5, "nwrong": 1}}]}
        """;

    private const string NccomJson =
        """
        {"config": {"coll_op": "redsct", "nworkers": 64, "nnodes": 2}, "results": [{"size(B)": 4096, "type": "fp32", "time:avg(us)": 80.5, "busbw(GB/s)": 1}]}
        """;

    [Fact]
    public void A_table_of_the_nccl_tests_gives_both_columns_and_complains_by_line()
    {
        (ImmutableArray<BenchmarkRow> rows, List<Diagnostic> problems) = Read(Nccl);
        rows.Select(static row => (row.Bytes, Math.Round(row.Time.Value * 1e6, 2))).ShouldBe([(1024, 19.61), (1024, 19.22), (1048576, 42), (1048576, 41), (2097152, 61)]);
        rows.ShouldAllBe(static row => row.Kind == CollectiveKind.AllReduce && row.Ranks == 2 && row.Servers == 2 && row.Format == NumberFormat.Fp32);
        problems.Select(static one => (one.Line, one.Code)).ShouldBe([(14, BenchmarkCodes.WrongResult), (15, BenchmarkCodes.Inconsistent)]);
    }

    [Fact]
    public void A_table_of_nccom_test_gives_the_mean_and_its_command_the_rest()
    {
        (ImmutableArray<BenchmarkRow> rows, List<Diagnostic> problems) = Read(Nccom);
        problems.ShouldBeEmpty();
        rows.Select(static row => (row.Kind, row.Ranks, row.Servers, row.Format, Math.Round(row.Time.Value * 1e6, 1))).ShouldBe(
            [(CollectiveKind.AllGather, 32, 0, NumberFormat.Bf16, 58.1), (CollectiveKind.AllGather, 32, 0, NumberFormat.Bf16, 61)]);
    }

    [Fact]
    public void Json_of_either_is_read()
    {
        (ImmutableArray<BenchmarkRow> nccl, List<Diagnostic> wrong) = Read(NcclJson);
        nccl.ShouldHaveSingleItem().ShouldBe(new(CollectiveKind.AllToAll, 1024, NumberFormat.Fp16, 2, 1, new Seconds(11.5e-6), "out.txt", 0));
        wrong.ShouldHaveSingleItem().Code.ShouldBe(BenchmarkCodes.WrongResult);
        (ImmutableArray<BenchmarkRow> nccom, List<Diagnostic> none) = Read(NccomJson);
        none.ShouldBeEmpty();
        nccom.ShouldHaveSingleItem().ShouldBe(new(CollectiveKind.ReduceScatter, 4096, NumberFormat.Fp32, 64, 2, new Seconds(80.5e-6), "out.txt", 0));
    }

    [Fact]
    public void What_stands_before_each_line_makes_no_difference()
    {
        foreach (string prefix in (string[])["[1,0]<stdout>:", "0: ", "node-a: "])
        {
            string text = string.Join('\n', Nccl.Split('\n').Select(line => prefix + line));
            Read(text).Rows.Length.ShouldBe(5, prefix);
        }
    }

    [Theory]
    [InlineData("hello\nworld\n", BenchmarkCodes.NoTable)]
    [InlineData("# size time\n 1024 10\n", BenchmarkCodes.NoOperation)]
    [InlineData("all_gather_perf\n# size time\n 1024 10\n", BenchmarkCodes.NoRanks)]
    [InlineData("{\"size\": 3", BenchmarkCodes.Unreadable)]
    public void What_is_missing_is_named(string text, string code) => Read(text).Problems.ShouldContain(one => one.Code == code && one.Severity == Severity.Error);

    [Fact]
    public void A_person_may_say_what_the_text_does_not()
    {
        List<Diagnostic> problems = [];
        ImmutableArray<BenchmarkRow> rows = BenchmarkOutput.Read("# size time\n 1024 10\n", "x", new(CollectiveKind.Broadcast, 16, 2), problems);
        problems.ShouldBeEmpty();
        rows.ShouldHaveSingleItem().ShouldBe(new(CollectiveKind.Broadcast, 1024, NumberFormat.Fp32, 16, 2, new Seconds(10e-6), "x", 2));
        BenchmarkOutput.Read("# size time\n 1024 10\n", "folder/all_gather-8.txt", new(null, 8), problems).ShouldHaveSingleItem().Kind.ShouldBe(CollectiveKind.AllGather);
    }

    [Fact]
    public void No_text_throws()
    {
        RandomStream random = RandomStream.Create(11, "benchmark", 0);
        string[] texts = [Nccl, Nccom, NcclJson, NccomJson];
        for (int round = 0; round < 3000; round++)
        {
            StringBuilder text = new(texts[random.NextInt(texts.Length)]);
            for (int change = 0; change < 1 + random.NextInt(8); change++)
            {
                int at = random.NextInt(text.Length);
                if (random.NextInt(2) == 0)
                    text[at] = (char)(1 + random.NextInt(127));
                else
                    text.Remove(at, Math.Min(text.Length - at - 1, random.NextInt(40)));
            }

            Read(text.ToString()).Rows.ShouldAllBe(static row => row.Time.Value > 0 && row.Bytes >= 1 && row.Ranks >= 2);
        }
    }

    private static (ImmutableArray<BenchmarkRow> Rows, List<Diagnostic> Problems) Read(string text)
    {
        List<Diagnostic> problems = [];
        return (BenchmarkOutput.Read(text, "out.txt", default, problems), problems);
    }
}
