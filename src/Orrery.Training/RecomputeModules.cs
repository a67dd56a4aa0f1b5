namespace Orrery.Training;

/// <summary>Parts of a layer whose results are not kept for the backward pass but computed again there.</summary>
[Flags]
public enum RecomputeModules : byte
{
    None = 0,

    /// <summary>Scores and weighted values: the fused kernel runs again, its output is not kept.</summary>
    Attention = 1,

    /// <summary>The dense feed-forward part: its input is kept alone.</summary>
    FeedForward = 2,

    /// <summary>Routed experts with their router, dispatch and combine included.</summary>
    Experts = 4,

    /// <summary>What stands behind the activation of the feed-forward part.</summary>
    Activation = 8,

    /// <summary>Outputs of norms.</summary>
    Norm = 16,

    /// <summary>Queries, keys and values that latent attention widens from its narrow vectors.</summary>
    Latent = 32,
}
