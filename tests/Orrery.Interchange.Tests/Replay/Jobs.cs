using Orrery.Catalog;
using Shouldly;

namespace Orrery.Interchange.Tests;

/// <summary>Jobs of made traces, compiled and run.</summary>
internal static class Jobs
{
    /// <summary>A ring of ranks with links of 1 GiB/s and 1 us.</summary>
    public static ReplayFabric Ring(int ranks) => ReplayFabric.Of(
        new AstraNetwork([new AstraDimension(AstraTopology.Ring, ranks, new(1L << 30), new(1e-6))]), settings: null, ReplayNetwork.Closed, "ring");

    public static TraceSet Set(params byte[][] traces) => Set(traces.Length, traces);

    public static TraceSet Set(int world, byte[][] traces)
    {
        ChakraTrace[] read = new ChakraTrace[traces.Length];
        for (int rank = 0; rank < traces.Length; rank++)
            read[rank] = ChakraReader.Read(traces[rank], $"job.{rank}.et", rank).Value.ShouldNotBeNull();
        return new TraceSet([.. read], world);
    }

    public static ReplayReport Run(ReplayFabric fabric, params byte[][] traces) => Run(Set(traces), fabric);

    public static ReplayReport Run(TraceSet set, ReplayFabric fabric)
    {
        Result<ReplayProgram> compiled = ReplayCompiler.Compile(set, fabric);
        compiled.Diagnostics.ShouldBeEmpty();
        return ReplayReport.Of(compiled.Value.ShouldNotBeNull());
    }

    public static string[] Refused(ReplayFabric fabric, params byte[][] traces)
    {
        Result<ReplayProgram> compiled = ReplayCompiler.Compile(Set(traces), fabric);
        compiled.Value.ShouldBeNull();
        return [.. compiled.Diagnostics.Select(static d => d.ToString())];
    }
}
