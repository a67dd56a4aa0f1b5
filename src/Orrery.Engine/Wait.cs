namespace Orrery.Engine;

/// <summary>
/// One link of a circle of waiting streams: <paramref name="Task"/>, next on its stream, cannot start before <paramref name="WaitsFor"/> has
/// ended, and that one cannot start before <paramref name="Behind"/>, next on its own stream, has.
/// </summary>
/// <param name="Task">The task that waits.</param>
/// <param name="WaitsFor">The dependency it waits for.</param>
/// <param name="Behind">The task at the head of that dependency's stream; the dependency itself where it is the head.</param>
public readonly record struct Wait(TaskId Task, TaskId WaitsFor, TaskId Behind);
