using Orrery.Units;

namespace Orrery.Models;

/// <summary>Number formats in which a model's weights are published (<c>quantization_config</c>); a plan says its own.</summary>
/// <param name="Experts">Products of routed experts.</param>
/// <param name="Linear">Other products of the layers, the router excepted.</param>
/// <param name="Rest">Everything else: embeddings, output projection, router, norms, biases.</param>
public readonly record struct CheckpointDescription(NumberFormat Experts, NumberFormat Linear, NumberFormat Rest)
{
    /// <summary>16-bit weights throughout.</summary>
    public static CheckpointDescription Plain { get; } = new(NumberFormat.Bf16, NumberFormat.Bf16, NumberFormat.Bf16);

    /// <summary>Bytes of the published weights of a model, scales included.</summary>
    public Bytes Size(ModelArchitecture model)
    {
        double experts = 0;
        double linear = 0;
        foreach (byte kind in model.LayerOrder)
        {
            LayerDescription layer = model.LayerKinds[kind];
            int hidden = layer.HiddenOr(model.Hidden);
            FeedForwardDescription feed = layer.FeedForward;
            double routed = feed.ExpertWeights(hidden);
            experts += feed.Experts * routed;
            linear += (LayerFlops.MatmulWeights(layer, hidden) * (layer.Joint is { HasOwnWeights: true } ? 2 : 1)) - (feed.TopK * routed) - feed.RouterWeights(hidden) + (layer.Cross?.SourceWeights(hidden) ?? 0);
        }

        double rest = ParameterCount.Of(model).Total - experts - linear;
        return new Bytes((experts * Experts.BytesPerElement()) + (linear * Linear.BytesPerElement()) + (rest * Rest.BytesPerElement()));
    }
}
