using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>A part of the time of iterations: what all reports of it list, in their order.</summary>
/// <param name="Key">In JSON.</param>
/// <param name="Name">For a person.</param>
/// <param name="Of">Seconds of it.</param>
public sealed record TimePart(string Key, string Name, Func<TimeShares, double> Of)
{
    /// <summary>Every part; they sum to <see cref="TimeShares.Total"/>.</summary>
    public static ImmutableArray<TimePart> All { get; } =
    [
        new("decodeProducts", "decode products", static shares => shares.DecodeProducts),
        new("decodeAttention", "decode attention", static shares => shares.DecodeAttention),
        new("prefillProducts", "prefill products", static shares => shares.PrefillProducts),
        new("prefillAttention", "prefill attention", static shares => shares.PrefillAttention),
        new("images", "images", static shares => shares.Images),
        new("collectives", "collectives", static shares => shares.Collectives),
        new("kernels", "launches", static shares => shares.Kernels),
        new("draft", "proposing tokens", static shares => shares.Draft),
        new("host", "host", static shares => shares.Host),
        new("hostLink", "host link", static shares => shares.HostLink),
        new("graphSwitches", "graph switches", static shares => shares.GraphSwitches),
    ];
}
