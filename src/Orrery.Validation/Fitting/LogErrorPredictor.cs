namespace Orrery.Validation.Fitting;

/// <summary>
/// Writes <c>log(predicted / measured)</c> of every row under <paramref name="constants"/>. Must be pure; a value that is not finite
/// marks the constants as impossible.
/// </summary>
public delegate void LogErrorPredictor(ReadOnlySpan<double> constants, Span<double> logErrors);
