namespace Orrery.Validation.Reading;

/// <summary>A case ready to be predicted, or why it cannot be.</summary>
/// <param name="Why">Empty where there are inputs.</param>
public sealed record CaseReading(TrainingCaseInputs? Inputs, string Why);
