using System.Collections.Immutable;

namespace Orrery.Models;

/// <summary>
/// Parameters of a model by part. Totals count each stored matrix once (a tied output projection is not counted again) and leave out the
/// pre-training head of an encoder, as published counts do.
/// </summary>
public sealed record ParameterCount
{
    /// <summary>Token embedding, learned positions, token types and the norm after them; blocks before the first layer.</summary>
    public required long Embedding { get; init; }

    /// <summary>Output projection to the vocabulary and its bias; 0 where it is tied to the embedding.</summary>
    public required long Head { get; init; }

    /// <summary>Norm after the last layer, the pooler of an encoder, blocks behind the last layer.</summary>
    public required long Final { get; init; }

    /// <summary>
    /// Transform, norm and vocabulary bias of a masked-token head: trained with the model, not part of its published count.
    /// </summary>
    public required long PretrainingHead { get; init; }

    /// <summary>Sum over layers of projections, biases and norms of queries and keys, cross-attention included.</summary>
    public required long Attention { get; init; }

    /// <summary>Sum over layers of dense and shared feed-forward weights.</summary>
    public required long FeedForward { get; init; }

    /// <summary>Sum over layers of router matrices.</summary>
    public required long Router { get; init; }

    /// <summary>Sum over layers of routed experts, all of them.</summary>
    public required long Experts { get; init; }

    /// <summary>Sum over layers of the routed experts one token uses.</summary>
    public required long ActiveExperts { get; init; }

    /// <summary>Sum over layers of norms over the hidden width and their modulation.</summary>
    public required long Norms { get; init; }

    /// <summary>One layer of each kind, indexed as <see cref="ModelArchitecture.LayerKinds"/>.</summary>
    public required ImmutableArray<LayerParameters> ByKind { get; init; }

    /// <summary>Every stored weight: Embedding + Head + Final + Attention + FeedForward + Router + Experts + Norms.</summary>
    public long Total => Embedding + Head + Final + Attention + FeedForward + Router + Experts + Norms;

    /// <summary>Weights used for one token, both embedding matrices included unless the model's publisher leaves the input one out.</summary>
    public long Active => Total - Experts + ActiveExperts - (LeavesOutEmbedding ? Embedding : 0);

    /// <summary>The publisher's count of active weights leaves out the input embedding.</summary>
    public required bool LeavesOutEmbedding { get; init; }

    /// <summary>Multi-token-prediction modules that stand beside the model: not in <see cref="Total"/>; they share both vocabulary matrices.</summary>
    public required long PredictionModules { get; init; }

    /// <summary>Weights that training updates: <see cref="Total"/> and the pre-training head.</summary>
    public long Trained => Total + PretrainingHead;

    /// <summary>
    /// Weights that multiply activations for each token: <see cref="Active"/> less look-ups, norms and biases, with the output projection
    /// counted also where it is tied. Twice this is the forward FLOP of a token outside the attention scores, where all layers work on the sequence.
    /// </summary>
    public required long ActiveMatmul { get; init; }

    /// <summary>Counts the parameters of an architecture.</summary>
    public static ParameterCount Of(ModelArchitecture model)
    {
        long hidden = model.Hidden;
        ImmutableArray<LayerParameters>.Builder byKind = ImmutableArray.CreateBuilder<LayerParameters>(model.LayerKinds.Length);
        foreach (LayerDescription kind in model.LayerKinds)
            byKind.Add(LayerParameters.Of(kind, model.Hidden));

        long attention = 0;
        long feedForward = 0;
        long router = 0;
        long experts = 0;
        long activeExperts = 0;
        long norms = 0;
        long matmul = 0;
        foreach (byte kind in model.LayerOrder)
        {
            LayerParameters layer = byKind[kind];
            attention += layer.Attention;
            feedForward += layer.FeedForward;
            router += layer.Router;
            experts += layer.RoutedExperts;
            activeExperts += layer.TopK * layer.Expert;
            norms += layer.Norms;
            LayerDescription description = model.LayerKinds[kind];
            matmul += LayerFlops.MatmulWeights(description, description.HiddenOr(model.Hidden));
        }

        long before = 0;
        long behind = 0;
        foreach (SideBlock side in model.Sides)
        {
            before += side.IsAtEnd ? 0 : side.Parameters;
            behind += side.IsAtEnd ? side.Parameters : 0;
        }

        long vocabularyMatrix = hidden * model.Vocabulary;
        long embeddingNorm = model.HasEmbeddingNorm ? hidden * (model.FinalNormHasBias ? 2 : 1) : 0;
        long finalNorm = model.FinalNorm ? hidden * ((model.FinalNormHasWeight ? 1 : 0) + (model.FinalNormHasBias ? 1 : 0)) : 0;
        long pooler = model.HasPooler ? (hidden * hidden) + hidden : 0;
        return new ParameterCount
        {
            Embedding = (hidden * (model.InputVocabulary ?? model.Vocabulary)) + before + (model.LearnedPositions ? hidden * model.MaxPositions : 0) + (hidden * model.TokenTypes) + embeddingNorm,
            Head = (model.TiedEmbeddings ? 0 : vocabularyMatrix) + (model.HasHeadBias ? model.Vocabulary : 0),
            Final = finalNorm + pooler + behind,
            LeavesOutEmbedding = model.ActiveLeavesOutEmbedding,
            PredictionModules = model.PredictionModules == 0 ? 0
                : model.PredictionModules * LayerParameters.Of(model.LayerKinds[model.LayerOrder[^1]] with { IsPredictionModule = true }, model.Hidden).Total,
            PretrainingHead = model.HasHeadTransform ? (hidden * hidden) + hidden + (2 * hidden) + model.Vocabulary : 0,
            Attention = attention,
            FeedForward = feedForward,
            Router = router,
            Experts = experts,
            ActiveExperts = activeExperts,
            Norms = norms,
            ByKind = byKind.MoveToImmutable(),
            ActiveMatmul = matmul + vocabularyMatrix,
        };
    }
}
