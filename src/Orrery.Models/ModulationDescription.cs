namespace Orrery.Models;

/// <summary>
/// Shifts, scales and gates of a diffusion transformer's blocks by the time step (adaptive norms, arXiv:2212.09748 section 3.2).
/// </summary>
/// <param name="Vectors">Vectors of the hidden width that each block takes; 6 for one attention and one feed-forward part.</param>
/// <param name="IsProjected">
/// Each block makes them from the conditioning vector by a product of its own, one row a sequence; otherwise one product serves all blocks and a block
/// has a table to add.
/// </param>
public sealed record ModulationDescription(int Vectors, bool IsProjected)
{
    /// <summary>Weights and biases of the product, or the numbers of the table.</summary>
    public long Parameters(long hidden) => Vectors * hidden * (IsProjected ? hidden + 1 : 1);

    /// <summary>Weights that one row a sequence is multiplied with.</summary>
    public long MatmulWeights(long hidden) => IsProjected ? Vectors * hidden * hidden : 0;
}
