namespace Orrery.Serving;

/// <summary>Requests whose rate can be set: the same ones in the same order, closer together or further apart.</summary>
/// <param name="Trace">Requests at <paramref name="NaturalRate"/>.</param>
/// <param name="NaturalRate">Requests a second of <paramref name="Trace"/>.</param>
/// <param name="Source">What they are at a rate, for the report.</param>
/// <param name="Longer">The same kind of requests, so many of them, at the same rate; null where there are no more, or so many were asked for.</param>
public sealed record RatedRequests(RequestTrace Trace, double NaturalRate, Func<double, string> Source, Func<int, RequestTrace>? Longer = null)
{
    /// <summary>The clock counts to 106 days; half of that is left to requests that are slow.</summary>
    private const double LongestSpan = 53 * 86_400.0;

    /// <summary>What the rate counts, in the plural: requests, or what begins as they do.</summary>
    public string Unit { get; init; } = "requests";

    /// <summary>The lowest rate at which all requests arrive inside the clock.</summary>
    public double LeastRate => Math.Max(1e-6, NaturalRate * (Trace.Arrivals[^1] / RequestTrace.TicksPerSecond) / LongestSpan);

    /// <summary>The requests of a file at the mean rate of its own times.</summary>
    public static RatedRequests Of(RequestTrace trace, Func<double, string> source) =>
        new(trace, (trace.Count - 1) / (trace.Arrivals[^1] / RequestTrace.TicksPerSecond), source);

    /// <summary>The requests at <paramref name="rate"/> a second.</summary>
    public ServingWorkload At(double rate) => new(Trace.Faster(rate / NaturalRate), 0, 0, Source(rate));
}
