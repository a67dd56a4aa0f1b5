namespace Orrery.Models;

/// <summary>
/// A text that takes part in a layer's self-attention as if it were part of the sequence (arXiv:2403.03206 section 4): every token attends to all tokens of
/// both.
/// </summary>
/// <param name="Text">Its tokens.</param>
/// <param name="HasOwnWeights">It passes projections, feed-forward part and modulation of its own, of the same shapes; otherwise the layer's.</param>
public sealed record JointTextDescription(TokenStream Text, bool HasOwnWeights);
