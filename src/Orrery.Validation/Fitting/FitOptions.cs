namespace Orrery.Validation.Fitting;

/// <summary>Effort and robustness of <see cref="BoundedFit"/>.</summary>
public sealed record FitOptions
{
    /// <summary>Seed of the starts; the same seed gives the same constants to the last bit.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Descents: the first from the bounds' own starts, the rest from the best of the sampled points.</summary>
    public int Starts { get; init; } = 4;

    /// <summary>Points sampled to find each start after the first.</summary>
    public int SamplesPerStart { get; init; } = 12;

    /// <summary>Largest number of damped steps in one descent.</summary>
    public int MaximumIterations { get; init; } = 60;

    /// <summary>
    /// Log error at which the loss turns from a square to a straight line: errors well below it count squared, errors well above it
    /// count once. 0.05 keeps the median honest while a row that is three times off pulls no harder than sixty ordinary ones.
    /// </summary>
    public double SoftScale { get; init; } = 0.05;

    /// <summary>Weight of each row; empty weighs all alike.</summary>
    public ReadOnlyMemory<double> Weights { get; init; }
}
