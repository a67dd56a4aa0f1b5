using Orrery.Models;

namespace Orrery.Training;

/// <summary>Sequences packed from several documents, whose tokens see only their own document.</summary>
public static class PackedSequences
{
    /// <summary>
    /// <paramref name="model"/> with attention that reaches as far as documents do. Pairs of tokens grow with the square of a document's length, so what counts is the length
    /// of the document that a token finds itself in, mean x (1 + spread^2), at most the sequence.
    /// </summary>
    /// <param name="mean">Mean length of a document in tokens.</param>
    /// <param name="spread">Standard deviation of the lengths over the mean.</param>
    /// <param name="sequence">Tokens of a sequence.</param>
    public static ModelArchitecture Of(ModelArchitecture model, int mean, double spread, int sequence)
    {
        ArgumentNullException.ThrowIfNull(model);
        int length = (int)Math.Min(sequence, Math.Ceiling(mean * (1 + (spread * spread))));
        if (length >= sequence)
            return model;
        return model with { LayerKinds = [.. model.LayerKinds.Select(layer => Within(layer, length))] };
    }

    /// <summary>Layers of a stream of their own, such as a vision tower, do not see documents.</summary>
    private static LayerDescription Within(LayerDescription layer, int length)
    {
        AttentionDescription attention = layer.Attention;
        bool isOfText = layer.Stream.Kind == TokenStreamKind.Sequence && attention.Kind is not (AttentionKind.None or AttentionKind.Linear);
        if (!isOfText || (attention.Chunk > 0 && attention.Chunk <= length))
            return layer;
        return layer with { Attention = attention with { Chunk = length } };
    }
}
