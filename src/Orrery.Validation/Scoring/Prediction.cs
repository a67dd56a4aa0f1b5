namespace Orrery.Validation.Scoring;

/// <summary>A predicted figure with its 80 % interval, or why there is none.</summary>
/// <param name="Value">In the unit asked for; seconds for a training step.</param>
/// <param name="SkipReason">Null where there is a value.</param>
/// <param name="Note">What a reader of the row should know.</param>
/// <param name="AtPeak">The figure of the same case at the stated peak of the part, nothing else counted; the baseline scales it. Null where not known.</param>
public readonly record struct Prediction(double Value, double Low, double High, string? SkipReason, string Note, double? AtPeak)
{
    /// <summary>A value; an interval that does not hold it is a mistake of the predictor.</summary>
    public static Prediction Of(double value, double low, double high, string note = "", double? atPeak = null)
    {
        if (!(double.IsFinite(value) && value > 0 && low <= value && value <= high))
            throw new ArgumentException($"a prediction of {value} with an interval from {low} to {high}", nameof(value));
        return new Prediction(value, low, high, null, note, atPeak);
    }

    /// <summary>No value, and why.</summary>
    public static Prediction Skip(string reason) => new(double.NaN, double.NaN, double.NaN, reason, "", null);
}
