namespace Orrery.Models;

/// <summary>Weights of one layer, in numbers of parameters.</summary>
/// <param name="Attention">Every projection of attention to the tokens themselves and to another text, with biases, sinks and norms of queries and keys.</param>
/// <param name="FeedForward">
/// Dense feed-forward products with biases, or the shared experts of a mixture and what narrows tokens for the routed ones; 0 where every expert is
/// routed. Also the product that joins two vectors in a prediction module.
/// </param>
/// <param name="Router">The matrix that scores experts; 0 in dense layers.</param>
/// <param name="Expert">One routed expert; 0 in dense layers.</param>
/// <param name="Experts">Routed experts of the layer.</param>
/// <param name="TopK">Routed experts that one token uses.</param>
/// <param name="Norms">Norms over the hidden width, and their modulation in a diffusion transformer.</param>
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
    /// <param name="hidden">The model's width; a layer of a tower has its own.</param>
    public static LayerParameters Of(LayerDescription layer, int hidden)
    {
        LayerParameters one = OfOneStream(layer, hidden);
        // A text with weights of its own has all of them again.
        return layer.Joint is { HasOwnWeights: true }
            ? one with { Attention = 2 * one.Attention, FeedForward = 2 * one.FeedForward, Norms = 2 * one.Norms }
            : one;
    }

    private static LayerParameters OfOneStream(LayerDescription layer, int hidden)
    {
        long width = layer.HiddenOr(hidden);
        FeedForwardDescription feed = layer.FeedForward;
        long perNorm = (layer.NormHasWeight ? width : 0) + (layer.NormHasBias ? width : 0);
        long attention = AttentionCount(layer.Attention, width) + CrossCount(layer.Cross, width);
        // A module that predicts one more token norms the hidden state, the embedding it joins and its own output.
        long norms = (layer.Norms * perNorm) + (layer.Modulation?.Parameters(width) ?? 0) + (layer.IsPredictionModule ? 3 * perNorm : 0);
        long join = layer.IsPredictionModule ? 2 * width * width : 0;
        if (feed.Experts == 0)
            return new LayerParameters(attention, join + (feed.Exists ? Products(width, feed.Width, feed) : 0), 0, 0, 0, 0, norms);
        return new LayerParameters(
            attention,
            join + (feed.SharedExperts * Products(width, feed.SharedWidth, feed)) + (2 * width * feed.LatentWidth),
            feed.RouterWeights(width) + (feed.HasRouterBias ? feed.Experts : 0),
            Products(feed.DispatchWidth((int)width), feed.Width, feed),
            feed.Experts,
            feed.TopK,
            norms);
    }

    private static long AttentionCount(AttentionDescription attention, long hidden)
    {
        if (attention.Kind == AttentionKind.None)
            return 0;
        if (attention.Linear is { } linear)
            return linear.Parameters(hidden);
        if (attention.Latent is { } latent)
        {
            // The narrow vectors of queries and of keys and values are normed.
            return latent.ProjectionWeights(hidden, attention.Heads) + latent.QueryRank + latent.KvRank;
        }

        long query = attention.QueryWidth;
        long kv = attention.KvWidth;
        long count = Grouped(hidden, hidden, query, kv, attention.HeadDim, attention.HasQkvBias, attention.HasOutputBias, attention.QkNorm);
        count -= attention.LeavesOutKeyBias ? kv : 0;
        if (attention.HasOutputGate)
            count += (hidden * query) + (attention.HasQkvBias ? query : 0);
        return count + (attention.HasSinks ? attention.Heads : 0);
    }

    private static long CrossCount(CrossAttentionDescription? cross, long hidden) => cross is null ? 0 : Grouped(
        hidden,
        cross.SourceWidth > 0 ? cross.SourceWidth : hidden,
        cross.QueryWidth,
        cross.KvWidth,
        cross.HeadDim,
        cross.HasQkvBias,
        cross.HasOutputBias,
        cross.QkNorm) - (cross.LeavesOutKeyBias ? cross.KvWidth : 0);

    private static long Grouped(
        long hidden, long source, long query, long kv, long headDim, bool hasQkvBias, bool hasOutputBias, QkNormKind norm)
    {
        long count = (2 * hidden * query) + (2 * source * kv);
        if (hasQkvBias)
            count += query + kv + kv;
        if (hasOutputBias)
            count += hidden;
        return count + norm switch
        {
            QkNormKind.PerHead => 2 * headDim,
            QkNormKind.WholeProjection => query + kv,
            _ => 0,
        };
    }

    private static long Products(long hidden, long width, FeedForwardDescription feed)
    {
        long inputs = feed.IsGated ? 2 : 1;
        long count = (inputs + 1) * hidden * width;
        return feed.HasBias ? count + (inputs * width) + hidden : count;
    }
}
