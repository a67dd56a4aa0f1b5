namespace Orrery.Interchange.Launch;

/// <summary>A choice of the plan that a framework's arguments cannot state, and what they state in its place.</summary>
/// <param name="Entry">Key of the choice, one of <see cref="PlanEntries"/>.</param>
public sealed record LaunchGap(string Entry, string Message);
