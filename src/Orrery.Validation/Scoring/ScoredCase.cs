namespace Orrery.Validation.Scoring;

/// <summary>One row with its measured and predicted figure, both in the unit of the metric.</summary>
/// <param name="IsFitted">The row is among those a calibration was fitted on.</param>
/// <param name="AtPeak">The figure at the stated peak, for the baseline; null where not known.</param>
/// <param name="IsRate">More is faster: the baseline's efficiency multiplies the figure where it divides a time.</param>
public sealed record ScoredCase(
    string Id, string Group, string Metric, double Measured, double Predicted, double Low, double High, bool IsFitted, string Note, double? AtPeak, bool IsRate)
{
    /// <summary>Part of the group that is reported beside it (a chip, dense or with experts); empty for none.</summary>
    public string Slice { get; init; } = "";

    /// <summary>Another cut through the group (a number format), reported as <see cref="Slice"/> is; empty for none.</summary>
    public string SecondSlice { get; init; } = "";

    /// <summary><c>predicted / measured - 1</c>.</summary>
    public double Error => (Predicted / Measured) - 1;

    /// <summary><c>|Error|</c>.</summary>
    public double AbsoluteError => Math.Abs(Error);

    /// <summary>The measured figure lies in the interval.</summary>
    public bool IsCovered => Low <= Measured && Measured <= High;

    /// <summary><c>(High - Low) / (2 * Predicted)</c>.</summary>
    public double RelativeHalfWidth => (High - Low) / (2 * Predicted);
}
