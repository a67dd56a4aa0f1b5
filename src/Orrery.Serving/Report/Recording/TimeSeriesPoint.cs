namespace Orrery.Serving;

/// <summary>Means over one interval of a run.</summary>
/// <param name="Start">Seconds from the first arrival.</param>
/// <param name="End">Seconds; the last interval ends with the run.</param>
/// <param name="Arrivals">Requests that were sent.</param>
/// <param name="Finished">Requests whose last token came.</param>
/// <param name="Running">Sequences in an iteration, all engines together.</param>
/// <param name="Waiting">Requests inside that were in none.</param>
/// <param name="CacheShare">Of the room of all engines' caches.</param>
/// <param name="BusyShare">Of all engines' time.</param>
/// <param name="InputTokensPerSecond">Prompt tokens worked on.</param>
/// <param name="OutputTokensPerSecond">Tokens generated.</param>
/// <param name="ChipPower">Watts of one chip.</param>
public readonly record struct TimeSeriesPoint(
    double Start, double End, int Arrivals, int Finished, double Running, double Waiting, double CacheShare, double BusyShare,
    double InputTokensPerSecond, double OutputTokensPerSecond, double ChipPower);
