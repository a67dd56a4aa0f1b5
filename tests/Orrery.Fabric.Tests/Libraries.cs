using Orrery.Catalog;
using Shouldly;

namespace Orrery.Fabric.Tests;

/// <summary>Communication libraries: those of the data folder, and one that costs nothing but the wire.</summary>
internal static class Libraries
{
    public static string DataRoot
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "data", "fabric")))
                folder = folder.Parent;
            return Path.Combine(folder.ShouldNotBeNull().FullName, "data");
        }
    }

    public static CommunicationLibrary OfData(string name) =>
        CommunicationLibrary.Read(Path.Combine(DataRoot, "fabric", name + ".yaml")).Value.ShouldNotBeNull();

    /// <summary>Full link rate, no software; the given algorithms, or all.</summary>
    public static CommunicationLibrary Ideal(bool spansLevels = true, double streaming = 0, params string[] algorithms)
    {
        string words = string.Join(", ", algorithms.Length > 0 ? algorithms : [.. AlgorithmRegistry.All.Select(a => a.Name)]);
        string scope = $$"""
              step: {value: 0 s, mark: assumed, note: n}
              perMessage: {value: 0 s, mark: assumed, note: n}
              share: {value: 1, mark: assumed, note: n}
              sigma: {value: 0.2, mark: assumed, note: n}
              carriedSigma: {value: 1.5, mark: assumed, note: n}
              choice: [{algorithms: [{{words}}]}]
            """;
        string text = $$"""
            name: ideal
            launch: {value: 0 s, mark: assumed, note: n}
            streaming: {value: {{streaming}}, mark: assumed, note: n}
            switchAdds: [bf16]
            spansLevels: {{(spansLevels ? "true" : "false")}}
            scaleUp:
            {{scope}}
            scaleOut:
            {{scope}}
            """;
        Result<CommunicationLibrary> library = CommunicationLibrary.Parse(text, "ideal.yaml");
        library.Diagnostics.ShouldBeEmpty();
        return library.Value!;
    }

    /// <summary>Constants of no real chip.</summary>
    public static ProtocolTable Protocols(bool isFamily = false)
    {
        const string constants = "{lowBase: {value: 5, low: 1, high: 20, unit: us}, lowPerRank: {value: 1, low: 0, high: 3, unit: us}, "
            + "lowShare: {value: 0.25, low: 0.01, high: 1}, bulkBase: {value: 15, low: 1, high: 40, unit: us}, "
            + "bulkPerRank: {value: 0.1, low: 0, high: 4, unit: us}, bulkShare: {value: 0.8, low: 0.01, high: 1}, "
            + "fill: {value: 1, low: 0, high: 4, unit: sqrt(us)}, exponent: {value: 0.2, low: -3, high: 1}, "
            + "switchBase: {value: 20, low: 1, high: 60, unit: us}, switchShare: {value: 0.65, low: 0, high: 1}, largestGroup: {value: 8, low: 1, high: 1000}}";
        Result<CalibrationFile> file = CalibrationFile.Parse(
            $"subject: test-chip\nkind: collectives\ndate: 2026-11-20\nfits:\n  - operator: all-reduce\n    constants: {constants}\n    residualSigma: 0.06\n",
            "test-chip.yaml");
        file.Diagnostics.ShouldBeEmpty();
        return ProtocolTable.From(file.Value!, isFamily).ShouldNotBeNull();
    }
}
