using System.Collections.Immutable;
using Orrery.Catalog;
using Orrery.Catalog.Yaml;
using Orrery.Fabric;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Interchange;

/// <summary>
/// A system file of ASTRA-sim: which algorithm each collective takes, in how many chunks, what an end point costs, and the roofline of the compute nodes. Keys may
/// all be left out.
/// </summary>
/// <remarks>Source: astra-sim/astra-sim, examples/system and inputs/system.</remarks>
public sealed record AstraSystem
{
    private const double MostNumber = 1e12;
    private const double FlopPerTera = 1e12;
    private const double BytesPerGigabyte = 1e9;

    /// <summary>Keys that are read by the simulator and mean nothing for an answer that takes contention, buses and logs as they are here.</summary>
    private static readonly string[] WithoutMeaning =
    [
        "scheduling-policy", "trace-enabled", "replay-only", "track-local-mem", "boost-mode", "model-shared-bus", "local-mem-trace-filename",
        "local-reduction-delay", "L", "o", "g", "G", "collective-optimization", "inter-dimension-scheduling", "intra-dimension-scheduling", "rendezvous-enabled",
    ];

    private static readonly (string Key, CollectiveKind Kind)[] Operations =
    [
        ("all-reduce", CollectiveKind.AllReduce), ("all-gather", CollectiveKind.AllGather), ("reduce-scatter", CollectiveKind.ReduceScatter),
        ("all-to-all", CollectiveKind.AllToAll),
    ];

    private static readonly ImmutableArray<string> Implementations = ["ring", "oneRing", "direct", "oneDirect", "halvingDoubling", "oneHalvingDoubling", "doubleBinaryTree"];

    /// <summary>The file that was read.</summary>
    public required string File { get; init; }

    /// <summary>Time added to each message at its end points.</summary>
    public Seconds EndpointDelay { get; init; }

    /// <summary>Chunks of one collective in flight on a dimension.</summary>
    public int ActiveChunks { get; init; } = 1;

    /// <summary>Chunks a collective is cut into.</summary>
    public int Splits { get; init; } = 1;

    /// <summary>The algorithm of each collective that the file names, as our own is called.</summary>
    public ImmutableDictionary<CollectiveKind, string> Algorithms { get; init; } = ImmutableDictionary<CollectiveKind, string>.Empty;

    /// <summary>Whether compute nodes take the roofline's time.</summary>
    public bool HasRoofline { get; init; }

    /// <summary>Peak of the roofline; 0 where none is given.</summary>
    public FlopPerSecond Peak { get; init; }

    /// <summary>Memory bandwidth of the roofline; 0 where none is given.</summary>
    public BytesPerSecond Memory { get; init; }

    /// <summary>Reads a file; every mistake at once.</summary>
    public static Result<AstraSystem> ReadFile(string path)
    {
        DiagnosticList diagnostics = new(path);
        if (AstraText.ReadJson(path, diagnostics) is not { } top)
            return new(null, diagnostics.InOrder());
        int active = (int)AstraText.Number(top, "active-chunks-per-dimension", 1, 1 << 20, 1);
        ImmutableDictionary<CollectiveKind, string>.Builder algorithms = ImmutableDictionary.CreateBuilder<CollectiveKind, string>();
        foreach ((string key, CollectiveKind kind) in Operations)
        {
            if (ReadAlgorithm(top, key, active) is { } algorithm)
                algorithms.Add(kind, algorithm);
        }

        foreach (string key in WithoutMeaning)
            top.Has(key);
        AstraSystem system = new()
        {
            File = path,
            EndpointDelay = new Seconds(AstraText.Number(top, "endpoint-delay", 0, MostNumber, 0) * 1e-9),
            ActiveChunks = active,
            Splits = (int)AstraText.Number(top, "preferred-dataset-splits", 1, 1 << 20, 1),
            Algorithms = algorithms.ToImmutable(),
            HasRoofline = AstraText.Number(top, "roofline-enabled", 0, 1, 0) > 0,
            Peak = new FlopPerSecond(AstraText.Number(top, "peak-perf", 0, MostNumber, 0) * FlopPerTera),
            Memory = new BytesPerSecond(AstraText.Number(top, "local-mem-bw", 0, MostNumber, 0) * BytesPerGigabyte),
        };
        if (system.HasRoofline && (system.Peak.Value <= 0 || system.Memory.Value <= 0))
            diagnostics.Error(ReplayCodes.BadAstraFile, top.Position, "roofline-enabled needs peak-perf and local-mem-bw above 0");
        foreach (YamlEntry entry in top.Mapping.Entries)
        {
            if (!IsKnown(entry.Key.Text))
                diagnostics.Warning(ReplayCodes.IgnoredAstraKey, entry.Key.Position, $"'{entry.Key.Shortened}' is no setting we know; it is left out");
        }

        return new(diagnostics.HasErrors ? null : system, diagnostics.InOrder());
    }

    private static bool IsKnown(string key)
    {
        foreach ((string name, _) in Operations)
        {
            if (key == name + "-implementation" || key == name + "-implementation-custom")
                return true;
        }

        return Array.IndexOf(WithoutMeaning, key) >= 0
            || key is "active-chunks-per-dimension" or "endpoint-delay" or "preferred-dataset-splits" or "roofline-enabled" or "peak-perf" or "local-mem-bw";
    }

    /// <summary>The algorithm of one collective, ours; null where the file names none that is built in.</summary>
    private static string? ReadAlgorithm(MappingReader top, string operation, int activeChunks)
    {
        if (top.Node(operation + "-implementation-custom") is { } custom)
        {
            top.Diagnostics.Warning(
                ReplayCodes.IgnoredAstraKey, custom.Position, $"an algorithm of its own for {operation} is not taken over; its traces can be replayed as a workload");
        }

        string key = operation + "-implementation";
        string? first = null;
        foreach (YamlScalar scalar in AstraText.List(top, key, "a list such as [\"ring\"]", isRequired: false))
        {
            // `direct` may carry the size of its window.
            string word = scalar.Text.Trim();
            string plain = word.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
            string? algorithm = plain switch
            {
                // Every other chunk in flight goes the other way round.
                "ring" or "oneRing" => activeChunks > 1 ? "bidirectional-ring" : "single-ring",
                "direct" or "oneDirect" => "direct",
                "halvingDoubling" or "oneHalvingDoubling" => "rdh",
                "doubleBinaryTree" => "tree",
                _ => null,
            };
            if (algorithm is null)
                top.Diagnostics.Error(ReplayCodes.BadAstraFile, scalar.Position, $"'{scalar.Shortened}' is no algorithm; {Suggestion.Of(word, Implementations)}");
            else if (first is not null && first != algorithm)
                top.Diagnostics.Warning(ReplayCodes.IgnoredAstraKey, scalar.Position, $"'{key}' differs between dimensions; the first, {first}, is taken for all");
            first ??= algorithm;
        }

        return first;
    }

}
