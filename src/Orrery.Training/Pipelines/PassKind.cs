namespace Orrery.Training;

/// <summary>What a stage does with one micro-batch in one model chunk.</summary>
public enum PassKind : byte
{
    Forward,

    /// <summary>Both gradients at once.</summary>
    Backward,

    /// <summary>The gradient of the inputs alone, which the chunk before waits for.</summary>
    InputGradient,

    /// <summary>The gradient of the weights, which nothing waits for but the end of the step.</summary>
    WeightGradient,
}
