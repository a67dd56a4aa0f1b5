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

    /// <summary>One norm over the hidden width, where it stands alone; <see cref="Elementwise"/> is the mixture a layer has.</summary>
    Norm,

    /// <summary>Rotary embedding of queries and keys, alone.</summary>
    Rotary,

    /// <summary>Activation of a feed-forward layer, alone, with the product where it is gated.</summary>
    Activation,

    /// <summary>Sum of two tensors, alone.</summary>
    ResidualAdd,

    /// <summary>Rows fetched by, or stored to, an index: embedding lookup, writing a paged cache.</summary>
    Gather,

    /// <summary>Casting a 16-bit tensor to a narrow format with its scales, and the transposed copy that a gradient product reads.</summary>
    Quantise,

    /// <summary>Widening narrow frozen weights to 16 bits for a product of 16-bit operands.</summary>
    Dequantise,

    /// <summary>Everything one rank does for routed experts once it has the tokens: permuting, both products, activation, weighted sum.</summary>
    ExpertLayer,
}
