namespace Orrery.Interchange;

/// <summary>Something that goes on beside others of its kind.</summary>
/// <param name="Id">Slices of one id belong together; one inside another's time is drawn below it.</param>
/// <param name="Name">What is written on it.</param>
/// <param name="StartTicks">From the start of the run; not negative.</param>
/// <param name="EndTicks">Not before the start.</param>
/// <param name="Category">What kind of thing it is.</param>
public readonly record struct TimelineSlice(long Id, string Name, long StartTicks, long EndTicks, string Category);
