namespace Orrery.Validation.Inference;

/// <summary>A row that constants are fitted on.</summary>
public sealed record FittedCase(InferenceCase Row, InferenceReading Reading, PreparedCase Prepared)
{
    /// <summary>The row states a time to the first token that says something.</summary>
    public bool HasFirstToken => Row.FirstTokenMs is not null && Reading.FirstTokenSetAside.Length == 0;
}
