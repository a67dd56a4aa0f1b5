using Orrery.Units;

namespace Orrery.Validation.Scoring;

/// <summary>Predicted memory of the fullest rank at the peak of the schedule, or why there is none.</summary>
/// <param name="Total">Everything allocated, the framework's own included.</param>
/// <param name="Activations">What the forward pass keeps for the backward pass.</param>
/// <param name="RelativeHalfWidth">Of the 80 % interval of both.</param>
/// <param name="SkipReason">Null where there is a value.</param>
public readonly record struct MemoryPrediction(Bytes Total, Bytes Activations, double RelativeHalfWidth, string? SkipReason)
{
    /// <summary>What the framework's allocator holds over what is in use.</summary>
    public double ReservedOverAllocated { get; init; } = 1;

    /// <summary>No value, and why.</summary>
    public static MemoryPrediction Skip(string reason) => new(default, default, 0, reason);
}
