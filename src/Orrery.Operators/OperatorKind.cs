namespace Orrery.Operators;

/// <summary>The vocabulary of device work. What an operator is, never how long it takes.</summary>
public enum OperatorKind : byte
{
    /// <summary>Groups products of M x K by K x N.</summary>
    Matmul,

    /// <summary>Fused attention over whole sequences, forward.</summary>
    AttentionForward,

    /// <summary>Gradient of fused attention.</summary>
    AttentionBackward,

    /// <summary>Attention of one new token a sequence over a cache.</summary>
    AttentionDecode,

    /// <summary>Anything bounded by reading and writing memory and the vector units: norms, activations, adds, casts, softmax passes.</summary>
    Elementwise,

    /// <summary>The update of master weights and moments.</summary>
    OptimizerUpdate,
}
