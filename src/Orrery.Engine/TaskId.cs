namespace Orrery.Engine;

/// <summary>A task of one <see cref="TaskGraph"/>, numbered from 0 in the order of adding; it indexes the spans of start and end times.</summary>
public readonly record struct TaskId(int Value);

/// <summary>A stream of one <see cref="TaskGraph"/>: executes its tasks one at a time, in the order in which they were added.</summary>
public readonly record struct StreamId(int Value);
