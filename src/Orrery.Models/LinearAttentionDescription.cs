namespace Orrery.Models;

/// <summary>
/// Attention through a state of fixed size instead of scores: Mamba-2 (arXiv:2405.21060), gated delta rule (arXiv:2412.06464) and lightning attention
/// (arXiv:2501.08313). Every head keeps a matrix of <paramref name="KeyDim"/> by <paramref name="ValueDim"/> numbers, whatever the length.
/// </summary>
/// <param name="Heads">Heads of the values; each has its own state.</param>
/// <param name="ValueDim">Values of one head.</param>
/// <param name="KeyGroups">Groups of heads that share queries and keys (B and C of Mamba-2).</param>
/// <param name="KeyDim">Queries, and keys, of one group: the state size of Mamba-2.</param>
/// <param name="NumbersPerHead">Further numbers projected for each head: the step of Mamba-2, decay and strength of the delta rule.</param>
/// <param name="ConvolutionKernel">Length of the causal convolution over queries, keys and values; 0 is none.</param>
/// <param name="Chunk">Tokens that a kernel takes at once; within them it works with scores, between them with the state.</param>
/// <param name="IsDelta">The state is corrected by what it already predicts.</param>
public sealed record LinearAttentionDescription(
    int Heads, int ValueDim, int KeyGroups, int KeyDim, int NumbersPerHead, int ConvolutionKernel, int Chunk, bool IsDelta)
{
    /// <summary>Learned numbers of each head outside the projections: decay, skip and step bias of Mamba-2.</summary>
    public int ParametersPerHead { get; init; }

    /// <summary>Width of the norm of the output before its projection.</summary>
    public int NormWidth { get; init; }

    public bool HasConvolutionBias { get; init; }

    public bool HasProjectionBias { get; init; }

    /// <summary>All values: width of the input of the output projection, and of the gate.</summary>
    public int ValueWidth => Heads * ValueDim;

    /// <summary>All queries, or all keys.</summary>
    public int KeyWidth => KeyGroups * KeyDim;

    /// <summary>Channels of the convolution: queries, keys and values.</summary>
    public int ConvolutionWidth => ConvolutionKernel > 0 ? ValueWidth + (2 * KeyWidth) : 0;

    /// <summary>Output of the input projections: queries, keys, values, gate, and the numbers of each head.</summary>
    public int InputWidth => (2 * ValueWidth) + (2 * KeyWidth) + (NumbersPerHead * Heads);

    /// <summary>Weights of input and output projection.</summary>
    public long ProjectionWeights(long hidden) => hidden * ((long)InputWidth + ValueWidth);

    /// <summary>Every weight: projections, convolution, numbers of heads, norm and biases.</summary>
    public long Parameters(long hidden)
    {
        long convolution = (long)ConvolutionWidth * (ConvolutionKernel + (HasConvolutionBias ? 1 : 0));
        long bias = HasProjectionBias ? InputWidth + hidden : 0;
        return ProjectionWeights(hidden) + convolution + bias + ((long)ParametersPerHead * Heads) + NormWidth;
    }

    /// <summary>
    /// What one token needs whatever the kernel: its key and value go into every state and its query reads it, 4 FLOP a number of the state, and 2 more
    /// for what the delta rule takes back. How a kernel of chunks does it costs more; <see cref="LayerOperators"/> says how much.
    /// </summary>
    public double FlopPerToken => (IsDelta ? 6.0 : 4.0) * Heads * ValueDim * KeyDim;
}
