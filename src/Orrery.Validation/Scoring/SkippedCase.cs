namespace Orrery.Validation.Scoring;

/// <summary>An expressible row that was not predicted, and why.</summary>
public sealed record SkippedCase(string Id, string Group, string Why)
{
    /// <summary>As of <see cref="ScoredCase.Slice"/>.</summary>
    public string Slice { get; init; } = "";

    /// <summary>As of <see cref="ScoredCase.SecondSlice"/>.</summary>
    public string SecondSlice { get; init; } = "";
}
