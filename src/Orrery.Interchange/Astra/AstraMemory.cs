using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>A remote-memory file of ASTRA-sim: what nodes that load and store are timed on.</summary>
/// <param name="Latency">Of one access.</param>
/// <param name="Bandwidth">0 where there is no memory beyond the chip's.</param>
/// <remarks>Source: astra-sim/astra-memory-analytical, README.</remarks>
public sealed record AstraMemory(Seconds Latency, BytesPerSecond Bandwidth)
{
    private const double Most = 1e12;

    private static readonly ImmutableArray<string> Words =
        ["NO_MEMORY_EXPANSION", "PER_NPU_MEMORY_EXPANSION", "PER_NODE_MEMORY_EXPANSION", "MEMORY_POOL"];

    /// <summary>Reads a file; every mistake at once.</summary>
    public static Result<AstraMemory> ReadFile(string path)
    {
        DiagnosticList diagnostics = new(path);
        if (AstraText.ReadJson(path, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        int kind = top.Word("memory-type", Words);
        double latency = AstraText.Number(top, "remote-mem-latency", 0, Most, 0);
        double bandwidth = AstraText.Number(top, "remote-mem-bw", 0, Most, 0);
        double sharers = kind == 2 ? AstraText.Number(top, "num-npus-per-node", 1, 1 << 20, 1) : 1;
        if (kind > 0 && bandwidth <= 0 && !diagnostics.HasErrors)
            diagnostics.Error(ReplayCodes.BadAstraFile, top.Position, $"{Words[kind]} needs remote-mem-bw above 0");
        AstraMemory memory = new(new Seconds(latency * 1e-9), new BytesPerSecond(kind == 0 ? 0 : bandwidth * 1e9 / sharers));
        return new(diagnostics.HasErrors ? null : memory, diagnostics.InOrder());
    }
}
