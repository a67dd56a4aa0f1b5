using Orrery.Models;

namespace Orrery.Serving;

/// <summary>Kinds of networks that stacks run with different kernels, and so with constants of their own.</summary>
public static class ModelClass
{
    public const string Dense = "dense";

    /// <summary>Mixture of experts with grouped attention.</summary>
    public const string Experts = "experts";

    /// <summary>Mixture of experts with latent attention.</summary>
    public const string Latent = "latent";

    /// <summary>The class of a network.</summary>
    public static string Of(ModelArchitecture model)
    {
        bool hasExperts = false;
        bool hasLatent = false;
        foreach (LayerDescription kind in model.LayerKinds)
        {
            hasExperts |= kind.FeedForward.Experts > 0;
            hasLatent |= kind.Attention.Latent is not null;
        }

        return hasLatent ? Latent : hasExperts ? Experts : Dense;
    }
}
