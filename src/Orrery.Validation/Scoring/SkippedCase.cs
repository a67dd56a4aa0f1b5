namespace Orrery.Validation.Scoring;

/// <summary>An expressible row that was not predicted, and why.</summary>
public sealed record SkippedCase(string Id, string Group, string Why);
