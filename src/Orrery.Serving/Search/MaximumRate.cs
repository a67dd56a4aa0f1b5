namespace Orrery.Serving;

/// <summary>The highest rate a job keeps its service level at, and why not more.</summary>
/// <param name="Rate">Requests a second; null where no rate keeps it.</param>
/// <param name="Low">The same where every iteration takes the high end of its own 80 % interval; 0 where no rate keeps it then.</param>
/// <param name="High">The same at the low end.</param>
/// <param name="Tolerance">A rate that misses lies no further above than this share.</param>
/// <param name="Runs">Runs of all requests that the search took, those of the interval with them.</param>
/// <param name="Requests">Requests of each run.</param>
/// <param name="Limit">What the next higher rate misses, in words.</param>
public sealed record MaximumRate(double? Rate, double Low, double High, double Tolerance, int Runs, int Requests, string Limit)
{
    /// <summary>What the rate counts, in the plural.</summary>
    public string Unit { get; init; } = "requests";
}
