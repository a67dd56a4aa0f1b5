namespace Orrery.Models;

/// <summary>Forward FLOP of one layer, a multiply and an add counted as two.</summary>
public static class LayerFlops
{
    /// <summary>
    /// Weights of one layer that a token is multiplied with: projections, feed-forward of the dense or shared part, the router and the
    /// routed experts it uses. Biases and norms multiply nothing worth counting.
    /// </summary>
    public static long MatmulWeights(LayerDescription layer, int hidden)
    {
        AttentionDescription attention = layer.Attention;
        FeedForwardDescription feed = layer.FeedForward;
        long products = feed.IsGated ? 3 : 2;
        long weights = attention.Latent is { } latent
            ? latent.ProjectionWeights(hidden, attention.Heads)
            : (2L * hidden * attention.QueryWidth) + (2L * hidden * attention.KvWidth);
        return feed.Experts == 0
            ? weights + (products * hidden * feed.Width)
            : weights + ((long)hidden * feed.Experts)
                + (products * hidden * (((long)feed.TopK * feed.Width) + ((long)feed.SharedExperts * feed.SharedWidth)));
    }

    /// <summary>
    /// Scores and weighted values of one sequence: <c>4 * pairs * heads * headDim</c>, with pairs of query and key as
    /// <see cref="Pairs"/> counts them.
    /// </summary>
    public static double Attention(AttentionDescription attention, double tokens, AttentionCounting counting) =>
        4.0 * Pairs(attention, tokens, counting) * attention.QueryWidth;

    /// <summary>
    /// Query-key pairs of one sequence of S tokens under a window of W (S where there is none): all of them is <c>S * min(S, W)</c>;
    /// a causal model counted once is <c>S * W' - W' * W' / 2</c> with <c>W' = min(S, W)</c>, which is half of S * S without a window.
    /// </summary>
    public static double Pairs(AttentionDescription attention, double tokens, AttentionCounting counting)
    {
        double window = attention.Window > 0 ? Math.Min(attention.Window, tokens) : tokens;
        return counting == AttentionCounting.Once && attention.IsCausal
            ? (tokens * window) - (window * window / 2)
            : tokens * window;
    }
}
