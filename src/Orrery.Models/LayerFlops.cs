namespace Orrery.Models;

/// <summary>Forward FLOP of one layer, a multiply and an add counted as two.</summary>
public static class LayerFlops
{
    /// <summary>
    /// Weights of one layer that each of its tokens is multiplied with: projections, feed-forward of the dense or shared part, the router and the
    /// routed experts it uses. Biases, norms and short convolutions multiply nothing worth counting; keys and values of another text and modulation are
    /// in <see cref="Linear"/>.
    /// </summary>
    /// <param name="hidden">The layer's own width (<see cref="LayerDescription.HiddenOr"/>).</param>
    public static long MatmulWeights(LayerDescription layer, int hidden)
    {
        AttentionDescription attention = layer.Attention;
        FeedForwardDescription feed = layer.FeedForward;
        long products = feed.IsGated ? 3 : 2;
        long weights = attention.Latent is { } latent ? latent.ProjectionWeights(hidden, attention.Heads)
            : attention.Linear is { } linear ? linear.ProjectionWeights(hidden)
            : ((attention.HasOutputGate ? 3L : 2L) * hidden * attention.QueryWidth) + (2L * hidden * attention.KvWidth);
        weights += layer.Cross?.TokenWeights(hidden) ?? 0;
        if (layer.IsPredictionModule)
            weights += 2L * hidden * hidden;
        if (feed.Experts == 0)
            return weights + (products * hidden * feed.Width);
        return weights + feed.RouterWeights(hidden) + (2L * hidden * feed.LatentWidth)
            + (feed.TopK * feed.ExpertWeights(hidden)) + (products * hidden * feed.SharedExperts * feed.SharedWidth);
    }

    /// <summary>
    /// Products of one layer beside a sequence of <paramref name="sequence"/> tokens: 2 FLOP a weight and token, keys and values of another text for each
    /// of its tokens, modulation once.
    /// </summary>
    /// <param name="hidden">The model's width.</param>
    public static double Linear(LayerDescription layer, int hidden, double sequence)
    {
        int width = layer.HiddenOr(hidden);
        double flop = 2.0 * layer.Tokens(sequence) * MatmulWeights(layer, width);
        if (layer.Cross is { } cross)
            flop += 2.0 * layer.Stream.PiecesPerSequence * cross.Source.Tokens(sequence) * cross.SourceWeights(width);
        if (layer.Modulation is { } modulation)
            flop += 2.0 * layer.Stream.PiecesPerSequence * modulation.MatmulWeights(width) * (layer.Joint is { HasOwnWeights: true } ? 2 : 1);
        return flop;
    }

    /// <summary>Scores and weighted values of one layer, to itself and to another text, beside a sequence of <paramref name="sequence"/> tokens.</summary>
    public static double Attention(LayerDescription layer, double sequence, AttentionCounting counting)
    {
        double length = layer.Stream.LengthAt(sequence) + (layer.Joint?.Text.Tokens(sequence) ?? 0);
        double flop = Attention(layer.Attention, length, counting);
        if (layer.Cross is { } cross)
            flop += 4.0 * length * cross.Source.Tokens(sequence) * cross.QueryWidth;
        return flop * layer.Stream.PiecesPerSequence;
    }

    /// <summary>
    /// Scores and weighted values of one sequence: <c>4 * pairs * heads * headDim</c>, with pairs of query and key as
    /// <see cref="Pairs"/> counts them. Linear attention has none; it counts what every token does to its states.
    /// </summary>
    public static double Attention(AttentionDescription attention, double tokens, AttentionCounting counting) =>
        attention.Linear is { } linear ? tokens * linear.FlopPerToken : 4.0 * Pairs(attention, tokens, counting) * attention.QueryWidth;

    /// <summary>
    /// Query-key pairs of one sequence of S tokens under a window of W (S where there is none): all of them is <c>S * min(S, W)</c>;
    /// a causal model counted once is <c>S * W' - W' * W' / 2</c> with <c>W' = min(S, W)</c>, which is half of S * S without a window. Chunks of C tokens
    /// have the pairs of each chunk, the last of what is left.
    /// </summary>
    public static double Pairs(AttentionDescription attention, double tokens, AttentionCounting counting)
    {
        if (attention.Chunk > 0 && attention.Chunk < tokens)
        {
            double chunks = Math.Floor(tokens / attention.Chunk);
            return (chunks * PairsOfWhole(attention, attention.Chunk, counting)) + PairsOfWhole(attention, tokens - (chunks * attention.Chunk), counting);
        }

        return PairsOfWhole(attention, tokens, counting);
    }

    private static double PairsOfWhole(AttentionDescription attention, double tokens, AttentionCounting counting)
    {
        double window = attention.Window > 0 ? Math.Min(attention.Window, tokens) : tokens;
        return counting == AttentionCounting.Once && attention.IsCausal
            ? (tokens * window) - (window * window / 2)
            : tokens * window;
    }
}
