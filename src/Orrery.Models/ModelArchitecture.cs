using System.Collections.Immutable;

namespace Orrery.Models;

/// <summary>How a layer attends.</summary>
public enum AttentionKind : byte
{
    /// <summary>Multi-head, grouped-query and multi-query attention: they differ by the number of KV heads.</summary>
    Grouped,

    /// <summary>Keys and values are products of a small shared vector (multi-head latent attention).</summary>
    Latent,

    /// <summary>A state of fixed size instead of scores: Mamba-2, gated delta rule, lightning attention.</summary>
    Linear,

    /// <summary>The layer has no attention of its own.</summary>
    None,
}

/// <summary>The attention of one layer.</summary>
/// <param name="Window">Sliding window in tokens; 0 is full attention.</param>
/// <param name="QkNorm">Norms of queries and keys (one per head for Qwen3, over the whole projection for OLMo).</param>
public sealed record AttentionDescription(
    AttentionKind Kind, int Heads, int KvHeads, int HeadDim, int Window, bool HasQkvBias, bool HasOutputBias, QkNormKind QkNorm, bool IsCausal)
{
    /// <summary>
    /// Multi-head latent attention; null for others. Its heads have queries and keys wider than values, so <see cref="HeadDim"/> is then the mean of the
    /// two: score and value products, and the bytes of queries, keys, values and outputs together, are those of heads of that width.
    /// </summary>
    public LatentDescription? Latent { get; init; }

    /// <summary>Linear attention; null for others. <see cref="HeadDim"/> is then the values of one head.</summary>
    public LinearAttentionDescription? Linear { get; init; }

    /// <summary>Tokens of the consecutive chunks within which the layer attends; 0 is no chunks. Not a window, which slides.</summary>
    public int Chunk { get; init; }

    /// <summary>Each head has a learned score that takes part in the softmax and stands for no token.</summary>
    public bool HasSinks { get; init; }

    /// <summary>Queries and values have biases and keys have none.</summary>
    public bool LeavesOutKeyBias { get; init; }

    /// <summary>The query projection makes a gate for the output too.</summary>
    public bool HasOutputGate { get; init; }

    /// <summary>No attention at all.</summary>
    public static AttentionDescription None { get; } =
        new(AttentionKind.None, 0, 0, 0, 0, HasQkvBias: false, HasOutputBias: false, QkNormKind.None, IsCausal: true);

    /// <summary>Queries and keys of one head: wider than its values with latent attention.</summary>
    public int KeyDim => Latent?.KeyDim ?? Linear?.KeyDim ?? HeadDim;

    /// <summary>Values of one head.</summary>
    public int ValueDim => Latent?.ValueDim ?? HeadDim;

    /// <summary>Output width of the query projection, input width of the output projection.</summary>
    public int QueryWidth => Heads * HeadDim;

    /// <summary>Output width of the key projection, and of the value projection.</summary>
    public int KvWidth => KvHeads * HeadDim;
}

/// <summary>Normalisation of queries and keys before the scores.</summary>
public enum QkNormKind : byte
{
    None,

    /// <summary>One weight vector of head dimension, shared by heads.</summary>
    PerHead,

    /// <summary>One weight vector over the whole projection.</summary>
    WholeProjection,
}

/// <summary>The feed-forward part of one layer; <see cref="Experts"/> 0 is dense.</summary>
/// <param name="Width">Inner width of the dense layer or of one expert; 0 where the layer has no feed-forward part.</param>
/// <param name="IsGated">SwiGLU style: two input products.</param>
public sealed record FeedForwardDescription(int Width, bool IsGated, bool HasBias, int Experts, int TopK, int SharedExperts, int SharedWidth)
{
    /// <summary>The router adds a learned number to each expert's score.</summary>
    public bool HasRouterBias { get; init; }

    /// <summary>Equal groups that the routed experts stand in; a token takes its experts from <see cref="GroupsPerToken"/> of them. 1 is no groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that hold all experts of a token (node-limited routing, arXiv:2405.04434 section 2.2.2).</summary>
    public int GroupsPerToken { get; init; } = 1;

    /// <summary>A product of width 1 weighs the shared experts.</summary>
    public bool HasSharedGate { get; init; }

    /// <summary>Width that tokens are narrowed to before routed experts and widened from behind them; 0 is the hidden width itself.</summary>
    public int LatentWidth { get; init; }

    /// <summary>No feed-forward part.</summary>
    public static FeedForwardDescription None { get; } = new(0, IsGated: false, HasBias: false, 0, 0, 0, 0);

    /// <summary>True where the layer has a feed-forward part.</summary>
    public bool Exists => Width > 0 || Experts > 0;

    /// <summary>Width of a routed token as it travels to its experts.</summary>
    public int DispatchWidth(int hidden) => LatentWidth > 0 ? LatentWidth : hidden;

    /// <summary>Weights of one routed expert, biases left out.</summary>
    public long ExpertWeights(long hidden) => Experts > 0 ? (IsGated ? 3L : 2L) * (LatentWidth > 0 ? LatentWidth : hidden) * Width : 0;

    /// <summary>Weights of the router, and of the gate of the shared experts.</summary>
    public long RouterWeights(long hidden) => Experts > 0 ? hidden * (Experts + (HasSharedGate ? 1L : 0)) : 0;
}

/// <summary>One layer; equal layers are equal values.</summary>
/// <param name="Norms">Norms over the hidden width in one layer (2 pre-norm or post-norm, 4 when both sides are normed).</param>
/// <param name="NormHasBias">LayerNorm (weight and bias) or RMSNorm (weight only).</param>
/// <param name="NormHasWeight">False for the parameter-free LayerNorm of the first OLMo.</param>
public sealed record LayerDescription(
    AttentionDescription Attention, FeedForwardDescription FeedForward, int Norms, bool NormHasBias, bool NormHasWeight = true)
{
    /// <summary>Width of a layer of a tower that differs from the model's; 0 is the model's.</summary>
    public int Hidden { get; init; }

    /// <summary>Tokens the layer works on; by default the sequence.</summary>
    public TokenStream Stream { get; init; }

    /// <summary>Norms without weights beside <see cref="Norms"/>: passes over the hidden width and nothing stored.</summary>
    public int WeightlessNorms { get; init; }

    /// <summary>Attention to another text, null where there is none.</summary>
    public CrossAttentionDescription? Cross { get; init; }

    /// <summary>A text that takes part in self-attention, null where there is none.</summary>
    public JointTextDescription? Joint { get; init; }

    /// <summary>Attention and feed-forward part stand beside each other on one input, and their results are added together.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Adaptive norms of a diffusion transformer, null where there are none.</summary>
    public ModulationDescription? Modulation { get; init; }

    /// <summary>
    /// A module that predicts one more token (arXiv:2412.19437 section 2.2): joins the hidden state with the next token's embedding by a product of twice
    /// the width, and projects to the vocabulary with the model's own matrix.
    /// </summary>
    public bool IsPredictionModule { get; init; }

    /// <summary>Parts with a residual connection of their own: attention, cross-attention, feed-forward.</summary>
    public int Blocks => (Attention.Kind == AttentionKind.None ? 0 : 1) + (Cross is null ? 0 : 1) + (FeedForward.Exists ? 1 : 0);

    /// <summary>Times that tensor-parallel ranks join their partial results: once a part, once for parts beside each other.</summary>
    public int Joins => IsParallel ? Math.Min(1, Blocks) : Blocks;

    /// <summary>Tokens that pass the layer beside a sequence of <paramref name="sequence"/> tokens, its joint text among them.</summary>
    public double Tokens(double sequence) => Stream.Tokens(sequence) + (Joint is { } joint ? Stream.PiecesPerSequence * joint.Text.Tokens(sequence) : 0);

    /// <summary>The layer's width in a model of width <paramref name="hidden"/>.</summary>
    public int HiddenOr(int hidden) => Hidden > 0 ? Hidden : hidden;
}

/// <summary>
/// A network architecture, from a Hugging Face <c>config.json</c> or from the columns of a validation case.
/// Two architectures with equal shapes are equal values.
/// </summary>
public sealed record ModelArchitecture
{
    public required string Name { get; init; }

    public required string ModelType { get; init; }

    public required int Hidden { get; init; }

    /// <summary>Distinct layers.</summary>
    public required ImmutableArray<LayerDescription> LayerKinds { get; init; }

    /// <summary>Kind of each layer in order, an index into <see cref="LayerKinds"/>.</summary>
    public required ImmutableArray<byte> LayerOrder { get; init; }

    /// <summary>Width of the output projection: tokens of the vocabulary, of all codebooks together, or the numbers of a patch.</summary>
    public required int Vocabulary { get; init; }

    /// <summary>Rows of the input embedding where they are not <see cref="Vocabulary"/>; 0 is no such table.</summary>
    public int? InputVocabulary { get; init; }

    /// <summary>The output projection has a bias.</summary>
    public bool HasHeadBias { get; init; }

    /// <summary>A layer has routed experts.</summary>
    public bool HasExperts
    {
        get
        {
            foreach (LayerDescription kind in LayerKinds)
            {
                if (kind.FeedForward.Experts > 0)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Weights outside layers and vocabulary.</summary>
    public ImmutableArray<SideBlock> Sides { get; init; } = [];

    /// <summary>The vision tower; null for text models.</summary>
    public VisionDescription? Vision { get; init; }

    /// <summary>How pixels become tokens; null where they do not.</summary>
    public LatentGridDescription? LatentGrid { get; init; }

    /// <summary>Formats of the published weights.</summary>
    public CheckpointDescription Checkpoint { get; init; } = CheckpointDescription.Plain;

    /// <summary>
    /// Multi-token-prediction modules published with the model. They stand beside it and are counted and run only by <see cref="WithPredictionModules"/>.
    /// </summary>
    public int PredictionModules { get; init; }

    /// <summary>The published count of active weights leaves out the input embedding.</summary>
    public bool ActiveLeavesOutEmbedding { get; init; }

    /// <summary>Longest sequence the positions allow.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>The output projection is the input embedding: one matrix, counted once, multiplied once.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>A learned vector for each of <see cref="MaxPositions"/> positions.</summary>
    public bool LearnedPositions { get; init; }

    /// <summary>Token-type embeddings of BERT; 0 is none.</summary>
    public int TokenTypes { get; init; }

    /// <summary>A norm right after the embeddings (BERT).</summary>
    public bool HasEmbeddingNorm { get; init; }

    /// <summary>A square product on the first position (BERT).</summary>
    public bool HasPooler { get; init; }

    /// <summary>Dense + norm transform before the vocabulary projection, and its bias (BERT).</summary>
    public bool HasHeadTransform { get; init; }

    /// <summary>Positions that reach the loss: 1 for causal models, the masked share for BERT pre-training.</summary>
    public double LossPositionFraction { get; init; } = 1;

    public bool FinalNorm { get; init; } = true;

    public bool FinalNormHasBias { get; init; }

    public bool FinalNormHasWeight { get; init; } = true;

    public int Layers => LayerOrder.Length;

    /// <summary>The layer at a depth, from 0.</summary>
    public LayerDescription Layer(int depth) => LayerKinds[LayerOrder[depth]];

    /// <summary>The same network cut to its first layers, as benchmarks of few layers do; kinds that no longer occur stay listed.</summary>
    /// <param name="layers">
    /// 1 or more, of the sequence itself: towers and encoders before it stay whole. More than the model has repeats its last layer.
    /// </param>
    public ModelArchitecture WithLayers(int layers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 1);
        ImmutableArray<byte>.Builder order = ImmutableArray.CreateBuilder<byte>();
        int taken = 0;
        byte last = 0;
        foreach (byte kind in LayerOrder)
        {
            bool isOfSequence = LayerKinds[kind].Stream.Kind == TokenStreamKind.Sequence;
            if (isOfSequence && taken == layers)
                continue;
            order.Add(kind);
            taken += isOfSequence ? 1 : 0;
            last = kind;
        }

        while (taken++ < layers)
            order.Add(last);
        return this with { LayerOrder = order.ToImmutable() };
    }

    /// <summary>The same network with its <see cref="PredictionModules"/> as layers behind the last, as it is trained; unchanged where it has none.</summary>
    public ModelArchitecture WithPredictionModules()
    {
        if (PredictionModules == 0)
            return this;
        LayerDescription module = LayerKinds[LayerOrder[^1]] with { IsPredictionModule = true };
        int kind = LayerKinds.IndexOf(module);
        ImmutableArray<LayerDescription> kinds = kind < 0 ? LayerKinds.Add(module) : LayerKinds;
        return this with
        {
            LayerKinds = kinds,
            LayerOrder = LayerOrder.AddRange(Enumerable.Repeat((byte)(kind < 0 ? kinds.Length - 1 : kind), PredictionModules)),
            PredictionModules = 0,
        };
    }

    /// <summary>The same network beside <paramref name="images"/> images a sequence; a text model stays as it is.</summary>
    public ModelArchitecture WithImages(int images)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(images);
        return WithStreams(stream => stream.Kind == TokenStreamKind.Image ? stream with { Pieces = images } : stream);
    }

    /// <summary>The same network with images of another size: so many patches in its tower and so many tokens of its sequence each.</summary>
    public ModelArchitecture WithPatches(int patches, int tokens)
    {
        if (Vision is not { } vision)
            return this;
        return WithStreams(stream => stream.Kind != TokenStreamKind.Image ? stream
            : stream with { Length = stream.Length == vision.PatchesPerImage ? patches : tokens }) with
        {
            Vision = vision with { PatchesPerImage = patches, TokensPerImage = tokens },
        };
    }

    /// <summary>The same network with texts of <paramref name="tokens"/> tokens before its encoder; a model without one stays as it is.</summary>
    public ModelArchitecture WithEncoderTokens(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        return WithStreams(stream => stream.Kind == TokenStreamKind.Encoder ? stream with { Length = tokens } : stream);
    }

    private ModelArchitecture WithStreams(Func<TokenStream, TokenStream> change) => this with
    {
        LayerKinds = [.. LayerKinds.Select(kind => kind with
        {
            Stream = change(kind.Stream),
            Cross = kind.Cross is { } cross ? cross with { Source = change(cross.Source) } : null,
            Joint = kind.Joint is { } joint ? joint with { Text = change(joint.Text) } : null,
        })],
        Sides = [.. Sides.Select(side => side with { Rows = change(side.Rows) })],
    };

    public bool Equals(ModelArchitecture? other) =>
        other is not null
        && Name == other.Name && ModelType == other.ModelType && Hidden == other.Hidden && Vocabulary == other.Vocabulary
        && MaxPositions == other.MaxPositions && TiedEmbeddings == other.TiedEmbeddings && LearnedPositions == other.LearnedPositions
        && TokenTypes == other.TokenTypes && HasEmbeddingNorm == other.HasEmbeddingNorm && HasPooler == other.HasPooler
        && HasHeadTransform == other.HasHeadTransform && LossPositionFraction.Equals(other.LossPositionFraction)
        && FinalNorm == other.FinalNorm && FinalNormHasBias == other.FinalNormHasBias && FinalNormHasWeight == other.FinalNormHasWeight
        && InputVocabulary == other.InputVocabulary && HasHeadBias == other.HasHeadBias && Vision == other.Vision && LatentGrid == other.LatentGrid
        && Checkpoint == other.Checkpoint && PredictionModules == other.PredictionModules && ActiveLeavesOutEmbedding == other.ActiveLeavesOutEmbedding
        && Sides.AsSpan().SequenceEqual(other.Sides.AsSpan()) && LayerOrder.AsSpan().SequenceEqual(other.LayerOrder.AsSpan()) && LayerKinds.AsSpan().SequenceEqual(other.LayerKinds.AsSpan());

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(ModelType, StringComparer.Ordinal);
        hash.Add(Hidden);
        hash.Add(Vocabulary);
        hash.Add(LayerOrder.Length);
        foreach (LayerDescription kind in LayerKinds)
            hash.Add(kind);
        return hash.ToHashCode();
    }
}
