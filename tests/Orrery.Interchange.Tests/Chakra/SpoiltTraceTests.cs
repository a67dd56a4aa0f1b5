using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Orrery.Catalog;
using Shouldly;
using Xunit;

namespace Orrery.Interchange.Tests;

/// <summary>
/// Spoils real and made traces, protobuf and JSON, with fixed seeds: whatever the bytes, the answer is a trace or diagnostics, soon and within bounded
/// memory. <c>ORRERY_SPOILT_TRACES</c> sets how many are tried; the deep run of CI asks for 10,000.
/// </summary>
public sealed class SpoiltTraceTests
{
    private const long MostBytes = 256L << 20;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    [Fact]
    public void Spoilt_traces_never_crash_hang_or_eat_memory()
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("ORRERY_SPOILT_TRACES"), CultureInfo.InvariantCulture, out int asked) ? asked : 400;
        (byte[] Bytes, bool IsJson)[] originals =
        [
            (File.ReadAllBytes(RepositoryData.PathOf("chakra/micro/all_reduce_4npus/all_reduce.0.et")), false),
            (File.ReadAllBytes(RepositoryData.PathOf("chakra/json/small_chakra.0.json")), true),
            (Unpacked(RepositoryData.PathOf("chakra/micro/custom/custom_allreduce.0.et")), false),
            (Made(), false),
            (File.ReadAllBytes(RepositoryData.PathOf("chakra/pytorch/pytorch.0.et")), false),
            (Unpacked(RepositoryData.PathOf("chakra/pytorch/pytorch.0.et"))[..200_000], false),
        ];
        int refused = 0, ran = 0;
        long mostAllocated = 0;
        TimeSpan slowest = default;
        for (int round = 0; round < rounds; round++)
        {
            // The large recording takes one turn in twenty, or it would be all the time.
            (byte[] original, bool isJson) = originals[round % 20 == 19 ? 4 + ((round / 20) % 2) : round % 4];
            byte[] spoilt = TraceSpoiler.Spoil(original, new Random(round), isJson, isMild: round % 2 == 1);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Stopwatch watch = Stopwatch.StartNew();
            Result<ChakraTrace> read = Read(spoilt, round);
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, watch.Elapsed.Ticks));
            mostAllocated = Math.Max(mostAllocated, GC.GetAllocatedBytesForCurrentThread() - before);
            (read.Value is not null || read.Diagnostics.Any(static d => d.Severity == Severity.Error)).ShouldBeTrue($"round {round} gave neither trace nor error");
            refused += read.Value is null ? 1 : 0;
            if (read.Value is { } trace)
            {
                ran += Replays(trace, round);
                slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, watch.Elapsed.Ticks));
                mostAllocated = Math.Max(mostAllocated, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            foreach (Diagnostic diagnostic in read.Diagnostics)
                diagnostic.Message.Any(char.IsControl).ShouldBeFalse($"round {round}");
        }

        // A spoiler whose files are all accepted tests nothing, and so does one whose files are all refused.
        refused.ShouldBeGreaterThan(rounds / 4);
        refused.ShouldBeLessThan(rounds);
        ran.ShouldBeGreaterThan(rounds / 50);
        slowest.ShouldBeLessThan(Longest);
        mostAllocated.ShouldBeLessThan(MostBytes);
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} traces, {refused} refused, {ran} replayed, slowest {slowest.TotalMilliseconds:F1} ms, most allocated {mostAllocated / 1e6:F1} MB");
    }

    [Fact]
    public void A_bomb_of_compressed_zeros_is_refused_soon()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            byte[] zeros = new byte[1 << 20];
            for (int part = 0; part < 64; part++)
                gzip.Write(zeros);
        }

        // Each zero byte is a node without a type: reading stops at the first few.
        ChakraReader.Read(packed.ToArray(), "bomb").Value.ShouldBeNull();
    }

    private static Result<ChakraTrace> Read(byte[] spoilt, int round)
    {
        try
        {
            return ChakraReader.Read(spoilt, $"round {round}", rank: 0);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"round {round} threw", exception);
        }
    }

    /// <summary>Compiles and runs what could be read: as one rank of two, priced and as recorded. 1 where one of them ran.</summary>
    private static int Replays(ChakraTrace trace, int round)
    {
        int ran = 0;
        foreach (ReplayFabric fabric in (ReplayFabric[])[Jobs.Ring(2), ReplayFabric.AsRecorded])
        {
            try
            {
                Result<ReplayProgram> compiled = ReplayCompiler.Compile(new TraceSet([trace], 2), fabric);
                (compiled.Value is not null || compiled.Diagnostics.Any(static d => d.Severity == Severity.Error)).ShouldBeTrue($"round {round}");
                if (compiled.Value is { } program && ReplayReport.Of(program) is { } report)
                {
                    ran = 1;
                    double.IsFinite(report.Makespan.Value).ShouldBeTrue($"round {round}");
                }
            }
            catch (Exception exception) when (exception is not ShouldAssertException)
            {
                throw new InvalidOperationException($"round {round} threw in its replay", exception);
            }
        }

        return ran;
    }

    private static byte[] Made() => new TraceBytes()
        .Groups(1, """[{"pg_name": "0", "ranks": [0, 1]}, {"pg_name": "1", "ranks": []}]""")
        .Compute(2, 10).Host(3, 5, 2).Collective(4, ChakraCollective.AllReduce, 1 << 20, "0", 2, 3).Send(5, 1, 4096, 7, 4).Receive(6, 1, 4096, 8, 4).Compute(7, 3, 5, 6)
        .ToArray();

    private static byte[] Unpacked(string path)
    {
        using GZipStream stream = new(File.OpenRead(path), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
