namespace Orrery.Models;

/// <summary>Weights of one layer, in numbers of parameters.</summary>
/// <param name="Attention">Query, key, value and output projections with their biases, and norms of queries and keys.</param>
/// <param name="FeedForward">Dense feed-forward products with biases, or the shared experts of a mixture; 0 where every expert is routed.</param>
/// <param name="Router">The matrix that scores experts; 0 in dense layers.</param>
/// <param name="Expert">One routed expert; 0 in dense layers.</param>
/// <param name="Experts">Routed experts of the layer.</param>
/// <param name="TopK">Routed experts that one token uses.</param>
/// <param name="Norms">Norms over the hidden width.</param>
public readonly record struct LayerParameters(
    long Attention, long FeedForward, long Router, long Expert, int Experts, int TopK, long Norms)
{
    /// <summary>Attention + FeedForward + Router + Experts * Expert + Norms.</summary>
    public long Total => Attention + FeedForward + Router + (Experts * Expert) + Norms;

    /// <summary>Weights one token uses: as <see cref="Total"/> with <see cref="TopK"/> in place of <see cref="Experts"/>.</summary>
    public long Active => Attention + FeedForward + Router + (TopK * Expert) + Norms;

    /// <summary>All routed experts.</summary>
    public long RoutedExperts => Experts * Expert;

    /// <summary>Counts the weights of one layer over a hidden width.</summary>
    public static LayerParameters Of(LayerDescription layer, int hidden)
    {
        AttentionDescription attention = layer.Attention;
        if (attention.Latent is { } latent)
        {
            // The narrow vectors of queries and of keys and values are normed.
            long count = latent.ProjectionWeights(hidden, attention.Heads) + latent.QueryRank + latent.KvRank;
            return Of(layer, hidden, count);
        }

        long query = attention.QueryWidth;
        long kv = attention.KvWidth;
        long attentionCount = (hidden * (query + kv + kv)) + (query * hidden);
        if (attention.HasQkvBias)
            attentionCount += query + kv + kv;
        if (attention.HasOutputBias)
            attentionCount += hidden;
        attentionCount += attention.QkNorm switch
        {
            QkNormKind.PerHead => 2L * attention.HeadDim,
            QkNormKind.WholeProjection => query + kv,
            _ => 0,
        };

        return Of(layer, hidden, attentionCount);
    }

    private static LayerParameters Of(LayerDescription layer, int hidden, long attentionCount)
    {
        FeedForwardDescription feed = layer.FeedForward;
        long perNorm = (layer.NormHasWeight ? hidden : 0) + (layer.NormHasBias ? hidden : 0);
        long one = Products(hidden, feed.Width, feed);
        return feed.Experts == 0
            ? new LayerParameters(attentionCount, one, 0, 0, 0, 0, layer.Norms * perNorm)
            : new LayerParameters(
                attentionCount,
                feed.SharedExperts * Products(hidden, feed.SharedWidth, feed),
                ((long)hidden + (feed.HasRouterBias ? 1 : 0)) * feed.Experts,
                one,
                feed.Experts,
                feed.TopK,
                layer.Norms * perNorm);
    }

    private static long Products(long hidden, long width, FeedForwardDescription feed)
    {
        long inputs = feed.IsGated ? 2 : 1;
        long count = (inputs + 1) * hidden * width;
        return feed.HasBias ? count + (inputs * width) + hidden : count;
    }
}
