using Orrery.Models;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>Kinds of networks that stacks run with different kernels, and so with constants of their own.</summary>
public static class ModelClass
{
    public const string Dense = "dense";

    /// <summary>Mixture of experts with grouped attention.</summary>
    public const string Experts = "experts";

    /// <summary>Mixture of experts with latent attention.</summary>
    public const string Latent = "latent";

    /// <summary>The same with 4-bit experts: another set of kernels.</summary>
    public const string LatentFourBit = "latent-4bit";

    /// <summary>The class of a network whose experts are in a format.</summary>
    public static string Of(ModelArchitecture model, NumberFormat experts)
    {
        bool hasExperts = false;
        bool hasLatent = false;
        foreach (LayerDescription kind in model.LayerKinds)
        {
            hasExperts |= kind.FeedForward.Experts > 0;
            hasLatent |= kind.Attention.Latent is not null;
        }

        return hasLatent ? (experts.BytesPerElement() < 1 ? LatentFourBit : Latent) : hasExperts ? Experts : Dense;
    }
}
