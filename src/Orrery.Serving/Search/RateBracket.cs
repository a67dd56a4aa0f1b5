namespace Orrery.Serving;

/// <summary>Where a search for a rate ended.</summary>
/// <param name="Kept">The highest rate that was run and kept; 0 where none was.</param>
/// <param name="Missed">The lowest rate above it that was run and missed; infinite where none was.</param>
/// <param name="Runs">Rates that were run.</param>
public readonly record struct RateBracket(double Kept, double Missed, int Runs);
