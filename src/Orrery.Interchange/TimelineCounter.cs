using System.Collections.Immutable;

namespace Orrery.Interchange;

/// <summary>Values of one counter from one instant to the next.</summary>
/// <param name="Name">Row it is drawn in.</param>
/// <param name="Ticks">From the start of the run.</param>
/// <param name="Values">Drawn on top of one another.</param>
public readonly record struct TimelineCounter(string Name, long Ticks, ImmutableArray<KeyValuePair<string, double>> Values);
