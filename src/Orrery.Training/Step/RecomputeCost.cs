using Orrery.Models;
using Orrery.Operators;

namespace Orrery.Training;

/// <summary>What a plan that recomputes parts of a layer runs again in its backward pass: the forward operators of those parts.</summary>
/// <param name="coster">Prices operators.</param>
internal sealed class RecomputeCost(ModelArchitecture model, LayerCoster coster)
{
    private readonly Dictionary<LayerDescription, LayerDescription> bare = new(ReferenceEqualityComparer.Instance);
    private readonly LayerOperator[] buffer = new LayerOperator[LayerOperators.Capacity];

    /// <summary>Seconds of the parts of <paramref name="layer"/> that <paramref name="modules"/> names; <paramref name="attention"/> is the forward time of attention.</summary>
    public double Time(LayerDescription layer, in LayerShape shape, RecomputeModules modules, double attention)
    {
        double time = (modules & RecomputeModules.Attention) != RecomputeModules.None ? attention : 0;
        FeedForwardDescription feed = layer.FeedForward;
        LayerShape own = shape.On(layer.Stream);
        if (own.MicroBatch == 0)
            return time;
        bool isWhole = IsWhole(feed, modules);
        if (isWhole)
            time += Products(layer, shape) + coster.Streaming(FeedForwardBytes(feed, own, layer.HiddenOr(model.Hidden)), 3);
        else if ((modules & RecomputeModules.Activation) != RecomputeModules.None && feed.Exists)
            time += coster.Streaming(ActivationBytes(feed, own), 1);
        if ((modules & RecomputeModules.Norm) != RecomputeModules.None)
        {
            double pass = own.Tokens * layer.HiddenOr(model.Hidden) * own.ActivationBytes / (own.SequenceParallel ? own.TensorParallel : 1);
            time += coster.Streaming(2 * pass * (layer.Norms + layer.WeightlessNorms), layer.Norms + layer.WeightlessNorms);
        }

        if ((modules & RecomputeModules.Latent) != RecomputeModules.None && layer.Attention.Latent is { } latent)
        {
            long rows = (long)Math.Ceiling(own.Tokens);
            long heads = Math.Max(1, layer.Attention.Heads / own.TensorParallel);
            if (latent.QueryRank > 0)
                time += coster.Product(rows, heads * latent.KeyDim, latent.QueryRank, own.Precision);
            time += coster.Product(rows, heads * (latent.NopeDim + latent.ValueDim), latent.KvRank, own.Precision);
        }

        return time;
    }

    /// <summary>Whether the whole feed-forward part runs again.</summary>
    public static bool IsWhole(FeedForwardDescription feed, RecomputeModules modules) =>
        feed.Exists && (modules & (feed.Experts > 0 ? RecomputeModules.Experts : RecomputeModules.FeedForward)) != RecomputeModules.None;

    /// <summary>Forward products of the feed-forward part: those of the layer less those of the layer without it.</summary>
    private double Products(LayerDescription layer, in LayerShape shape)
    {
        if (!bare.TryGetValue(layer, out LayerDescription? without))
        {
            without = layer with { FeedForward = FeedForwardDescription.None };
            bare.Add(layer, without);
        }

        return Math.Max(0, Forward(layer, shape) - Forward(without, shape));
    }

    private double Forward(LayerDescription layer, in LayerShape shape)
    {
        int count = LayerOperators.Fill(model, layer, shape, buffer);
        double time = 0;
        for (int i = 0; i < count; i++)
        {
            if (buffer[i].Role is OperatorRole.Forward or OperatorRole.QuantiseForward)
                time += coster.TimeOf(buffer[i]);
        }

        return time;
    }

    private static double ActivationBytes(FeedForwardDescription feed, in LayerShape shape)
    {
        double touches = (feed.IsGated ? 3 : 2) * shape.ActivationBytes;
        if (feed.Experts == 0)
            return shape.Tokens * feed.Width / shape.TensorParallel * touches;
        double routed = shape.Tokens / shape.TensorParallel * feed.TopK * shape.ExpertLoad;
        return ((routed * feed.Width) + (shape.Tokens * feed.SharedExperts * feed.SharedWidth / shape.TensorParallel)) * touches;
    }

    private static double FeedForwardBytes(FeedForwardDescription feed, in LayerShape shape, int hidden)
    {
        double routed = feed.Experts == 0 ? 0 : shape.Tokens / shape.TensorParallel * feed.TopK * shape.ExpertLoad * shape.ExpertTensorParallel;
        return ActivationBytes(feed, shape) + (4 * routed * feed.DispatchWidth(hidden) * shape.ActivationBytes);
    }
}
