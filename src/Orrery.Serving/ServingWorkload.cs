namespace Orrery.Serving;

/// <summary>Requests of a run: at times of their own, or from clients that wait for their answers.</summary>
/// <param name="Trace">Requests; their arrivals count only without <paramref name="Clients"/>.</param>
/// <param name="Clients">Requests kept in flight; 0 where requests come by themselves.</param>
/// <param name="ClientDelay">Seconds from an answer to the client's next request.</param>
/// <param name="Source">What it is, for the report.</param>
public sealed record ServingWorkload(RequestTrace Trace, int Clients, double ClientDelay, string Source)
{
    /// <summary>Where the highest rate of these requests is asked for (<see cref="MaximumRateFinder"/>); null where they are to be run as they are.</summary>
    public RatedRequests? Rated { get; init; }

    /// <summary>The same with every trace changed, that of a higher rate too.</summary>
    public ServingWorkload With(Func<RequestTrace, RequestTrace> change) => this with
    {
        Trace = change(Trace),
        Rated = Rated is { } rated ? rated with { Trace = change(rated.Trace), Longer = rated.Longer is { } longer ? many => change(longer(many)) : null } : null,
    };
}
