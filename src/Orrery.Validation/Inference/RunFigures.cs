using Orrery.Serving;

namespace Orrery.Validation.Inference;

/// <summary>Means over the requests of a run, measured or simulated alike; seconds and tokens a second.</summary>
/// <param name="FirstToken">From sending to the first token.</param>
/// <param name="EarlyFirstToken">The same of the first <see cref="Early"/> requests, before a queue has formed.</param>
/// <param name="PerToken">Between tokens, mean of requests' means.</param>
/// <param name="EndToEnd">From sending to the last token.</param>
/// <param name="OutputTokensPerSecond">Over the whole run, from the first arrival to the last token.</param>
public readonly record struct RunFigures(double FirstToken, double EarlyFirstToken, double PerToken, double EndToEnd, double OutputTokensPerSecond)
{
    /// <summary>Requests whose first tokens are counted apart: in an overloaded run the later ones are mostly waiting.</summary>
    public const int Early = 20;

    /// <summary>Sums up what clients saw; requests that never ended are left out of <paramref name="times"/>.</summary>
    public static RunFigures Of(IReadOnlyList<RequestTimes> times, double tokens, double duration)
    {
        double first = 0;
        double early = 0;
        double each = 0;
        double end = 0;
        int several = 0;
        for (int request = 0; request < times.Count; request++)
        {
            RequestTimes seen = times[request];
            first += seen.FirstToken;
            early += request < Early ? seen.FirstToken : 0;
            end += seen.EndToEnd;
            several += double.IsNaN(seen.PerToken) ? 0 : 1;
            each += double.IsNaN(seen.PerToken) ? 0 : seen.PerToken;
        }

        return new RunFigures(first / times.Count, early / Math.Min(Early, times.Count), each / several, end / times.Count, tokens / duration);
    }

    /// <summary>Replays the requests of a prepared run under constants; <paramref name="scale"/> on the time of every iteration.</summary>
    public static RunFigures Replay(PreparedCase prepared, ServingConstants constants, double scale = 1) =>
        Of(ServingRun.Of(prepared.Request, prepared.Plan, prepared.Memory, prepared.Times, constants, scale));

    /// <summary>Sums up a simulated run as the engine's own clock saw it: without the way of a token to its client.</summary>
    public static RunFigures Of(ServingRun run) => Of(TimesOf(run), run.OutputTokens, run.Duration);

    /// <summary>What each request of a simulated run saw by the engine's own clock, in the order of arrival; those that never ended are left out.</summary>
    public static List<RequestTimes> TimesOf(ServingRun run)
    {
        List<RequestTimes> times = new(run.Book.Count);
        for (int request = 0; request < run.Book.Count; request++)
        {
            if (run.Book.Finishes[request] != RequestBook.Never)
                times.Add(RequestTimes.Of(run.Book, request, 0, 1));
        }

        return times;
    }
}
