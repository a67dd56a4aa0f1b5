using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Models;

/// <summary>Why a layer does a piece of work; the step model costs and overlaps by it.</summary>
public enum OperatorRole : byte
{
    /// <summary>Linear product of the forward pass.</summary>
    Forward,

    /// <summary>Gradient with respect to the input.</summary>
    InputGradient,

    /// <summary>Gradient with respect to the weights; absent for frozen weights.</summary>
    WeightGradient,

    AttentionForward,
    AttentionBackward,

    /// <summary>Traffic of unfused attention scores.</summary>
    ScoreForward,
    ScoreBackward,
    ElementwiseForward,
    ElementwiseBackward,

    /// <summary>Casting the input of a product, and widening frozen weights.</summary>
    QuantiseForward,

    /// <summary>Casting the gradient that a product's two gradients read, and widening frozen weights again.</summary>
    QuantiseBackward,
}

/// <summary>One operator of a layer with its role; <see cref="IsExpert"/> marks grouped expert products and the element-wise work of routed tokens.</summary>
public readonly record struct LayerOperator(Operator Work, OperatorRole Role, bool IsExpert);

/// <summary>What of a plan decides the shapes of a layer on one rank.</summary>
/// <param name="MicroBatch">Sequences.</param>
/// <param name="Sequence">Tokens a sequence, whole.</param>
/// <param name="IsFused">Attention kernel keeps scores on chip.</param>
public readonly record struct LayerShape(
    int MicroBatch,
    int Sequence,
    int TensorParallel,
    int ContextParallel,
    int ExpertParallel,
    int ExpertTensorParallel,
    bool SequenceParallel,
    bool IsFused,
    bool HasFrozenWeights,
    NumberFormat Precision)
{
    /// <summary>Format in which frozen weights are kept; products of 16-bit operands widen them first, each time.</summary>
    public NumberFormat FrozenFormat { get; init; } = NumberFormat.Bf16;

    /// <summary>Routed tokens of the rank whose experts get most, over the mean.</summary>
    public double ExpertLoad { get; init; } = 1;

    /// <summary>Tokens a rank sees in one micro-batch.</summary>
    public double Tokens => (double)MicroBatch * Sequence / ContextParallel;

    /// <summary>The same for the tokens of a stream: each of its pieces is a sequence of its own.</summary>
    public LayerShape On(TokenStream stream) => stream.Kind == TokenStreamKind.Sequence
        ? this
        : this with { MicroBatch = MicroBatch * stream.PiecesPerSequence, Sequence = (int)stream.LengthAt(Sequence) };

    /// <summary>Bytes of one activation element: 16-bit unless everything is 32-bit.</summary>
    public double ActivationBytes => Precision is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;

    /// <summary>Format of attention products: 16-bit where linear layers are narrower.</summary>
    public NumberFormat AttentionFormat => Precision is NumberFormat.Fp32 or NumberFormat.Tf32 or NumberFormat.Fp16 ? Precision : NumberFormat.Bf16;
}

/// <summary>
/// The operators of one layer on one rank, forward and backward, with their true shapes.
/// </summary>
/// <remarks>
/// Element-wise traffic counts reads and writes of well-fused kernels: norms, rotary, residual adds and dropout of an attention and a feed-forward part
/// touch the hidden state 11 times forward and 15 backward (divided over tensor-parallel ranks under sequence parallelism), half of that each, and a
/// further norm 2 and 3 times; projections and activations touch their own widths. Source: the counts of Korthikanti et al., arXiv:2205.05198, section 4,
/// turned from stored tensors into traffic. Linear attention is done in chunks as its published kernels do (arXiv:2405.21060 section 6).
/// </remarks>
public static class LayerOperators
{
    /// <summary>Most operators one layer can have.</summary>
    public const int Capacity = 144;

    /// <summary>Rows to which grouped products pad groups of different sizes: what matrix units take at once.</summary>
    private const int GroupPadding = 8;

    /// <summary>Kernels of the element-wise work of one part of a layer that are not products.</summary>
    private const int ForwardKernels = 4;
    private const int BackwardKernels = 7;

    /// <summary>Kernels that permute routed tokens, join them again and apply the activation between their products.</summary>
    private const int RoutedForwardKernels = 4;
    private const int RoutedBackwardKernels = 6;

    /// <summary>Passes over the hidden state of one part of a layer, and of a norm more or less.</summary>
    private const double ForwardTouches = 5.5;
    private const double BackwardTouches = 7.5;
    private const double ForwardNormTouches = 2;
    private const double BackwardNormTouches = 3;

    /// <summary>Vector operations on each pair of tokens in a chunk of linear attention.</summary>
    private const double DecayOperations = 3;

    /// <summary>Fills <paramref name="into"/> and returns how many operators there are; none where the layer has no tokens.</summary>
    public static int Fill(ModelArchitecture model, LayerDescription layer, in LayerShape shape, Span<LayerOperator> into)
    {
        LayerShape own = shape.On(layer.Stream);
        if (own.MicroBatch == 0)
            return 0;
        int text = layer.Joint is { } joint ? (int)joint.Text.Tokens(shape.Sequence) : 0;
        bool isSeparate = layer.Joint is { HasOwnWeights: true };
        if (!isSeparate)
            own = own with { Sequence = own.Sequence + text };
        Filling fill = new(into, own, layer.HiddenOr(model.Hidden));
        fill.SelfAttention(layer.Attention, isSeparate ? own.Sequence + text : own.Sequence);
        if (layer.Cross is { } cross)
            fill.CrossAttention(cross, shape.Sequence);
        fill.FeedForward(layer.FeedForward);
        if (layer.Modulation is { IsProjected: true } modulation)
            fill.Modulation(modulation);
        if (layer.IsPredictionModule)
            fill.Prediction(model);
        fill.Elementwise(layer);
        if (!isSeparate || text == 0)
            return fill.Count;

        // The text's own products; its scores are among those above.
        Filling other = new(into[fill.Count..], own with { Sequence = text }, layer.HiddenOr(model.Hidden));
        other.SelfAttention(layer.Attention, attended: 0);
        other.FeedForward(layer.FeedForward);
        if (layer.Modulation is { IsProjected: true } itsOwn)
            other.Modulation(itsOwn);
        other.Elementwise(layer);
        return fill.Count + other.Count;
    }

    /// <summary>
    /// Fills <paramref name="into"/> with the products outside the layers, of those before the first layer or of those behind the last, and returns how
    /// many there are. Vocabulary and look-ups are not among them.
    /// </summary>
    public static int FillSides(ModelArchitecture model, bool areAtEnd, in LayerShape shape, Span<LayerOperator> into)
    {
        Filling fill = new(into, shape, model.Hidden);
        foreach (SideBlock side in model.Sides)
        {
            if (side.IsAtEnd == areAtEnd && side.MatmulWeights > 0)
                fill.Side(side);
        }

        return fill.Count;
    }

    /// <summary>Heads of one rank and what they attend to.</summary>
    private readonly record struct ScoreShape(int Heads, int KvHeads, int HeadDim, int KeyDim, int ValueDim, int Window, bool IsCausal);

    /// <summary>The operators so far, and the bytes of element-wise work that they leave to be done.</summary>
    private ref struct Filling(Span<LayerOperator> into, LayerShape shape, long hidden)
    {
        private readonly Span<LayerOperator> _into = into;
        private readonly LayerShape _shape = shape;
        private readonly long _hidden = hidden;
        private readonly double _tokens = shape.Tokens;
        private readonly long _rows = (long)Math.Ceiling(shape.Tokens);
        private readonly double _bytes = shape.ActivationBytes;
        private readonly int _ranks = shape.TensorParallel;
        private double _forwardBytes;
        private double _backwardBytes;
        private int _forwardKernels;
        private int _backwardKernels;

        public int Count { get; private set; }

        /// <summary>Projections, and scores over <paramref name="attended"/> tokens; none of those where it is 0.</summary>
        public void SelfAttention(AttentionDescription attention, int attended)
        {
            if (attention.Kind == AttentionKind.None)
                return;
            if (attention.Linear is { } linear)
            {
                Linear(linear);
                return;
            }

            int heads = Local(attention.Heads);
            int kvHeads = Local(attention.KvHeads);
            long query = (long)heads * attention.HeadDim;
            long all = query + (2L * kvHeads * attention.HeadDim);
            if (attention.Latent is { } latent)
            {
                Latent(latent, heads);
            }
            else
            {
                long gate = attention.HasOutputGate ? query : 0;
                Product(_rows, all + gate, _hidden);
                Product(_rows, _hidden, query);
                Move(_tokens * _bytes * 2 * gate);
            }

            ScoreShape scores = new(
                heads, kvHeads, attention.HeadDim, attention.KeyDim, attention.ValueDim, attention.Window, attention.IsCausal);
            Chunks(scores, attention.Chunk, attended);
            Move(_tokens * _bytes * ((2 * all) + (2 * query)));
        }

        public void CrossAttention(CrossAttentionDescription cross, int sequence)
        {
            int heads = Local(cross.Heads);
            int kvHeads = Local(cross.KvHeads);
            long query = (long)heads * cross.HeadDim;
            long keys = (long)kvHeads * cross.HeadDim;
            // The other text is whole on every context-parallel rank.
            double sourceTokens = _shape.MicroBatch * cross.Source.Tokens(sequence);
            Product(_rows, query, _hidden);
            Product((long)Math.Ceiling(sourceTokens), 2 * keys, cross.SourceWidth > 0 ? cross.SourceWidth : _hidden);
            Product(_rows, _hidden, query);
            ScoreShape scores = new(heads, kvHeads, cross.HeadDim, cross.HeadDim, cross.HeadDim, 0, IsCausal: false);
            Scores(scores, _shape.Sequence, (int)cross.Source.Tokens(sequence), _shape.MicroBatch);
            Move(_bytes * ((_tokens * 4 * query) + (sourceTokens * 4 * keys)));
        }

        public void FeedForward(FeedForwardDescription feed)
        {
            if (!feed.Exists)
                return;
            int gates = feed.IsGated ? 2 : 1;
            if (feed.Experts > 0)
            {
                Experts(feed);
                return;
            }

            long width = Math.Max(1, feed.Width / _ranks);
            Product(_rows, gates * width, _hidden);
            Product(_rows, _hidden, width);
            Activation(_tokens * width, feed.IsGated);
        }

        public void Modulation(ModulationDescription modulation) =>
            Product(Math.Max(1, _shape.MicroBatch), Math.Max(1, modulation.Vectors * _hidden / _ranks), _hidden);

        /// <summary>The product that joins two vectors, and the projection to the vocabulary with its loss.</summary>
        public void Prediction(ModelArchitecture model)
        {
            Product(_rows, Math.Max(1, _hidden / _ranks), 2 * _hidden);
            long width = (long)Math.Ceiling(model.Vocabulary / (double)_ranks);
            long rows = Math.Max(1, (long)Math.Ceiling(_tokens * model.LossPositionFraction));
            Product(rows, width, _hidden, _shape.AttentionFormat);
            // Logits are written and read for the loss, and once more each for their gradient.
            Move((double)rows * width * _bytes * 2);
        }

        public void Side(SideBlock side)
        {
            double rows = _shape.MicroBatch * side.Rows.Tokens(_shape.Sequence) / (side.Rows.Kind == TokenStreamKind.Sequence ? _shape.ContextParallel : 1);
            if (rows > 0)
                Product((long)Math.Ceiling(rows), Math.Max(1, side.Output / _ranks), side.Input);
        }

        /// <summary>Closes the layer: what its parts left to move, and the passes over the hidden state.</summary>
        public void Elementwise(LayerDescription layer)
        {
            int parts = layer.Blocks;
            double norms = layer.Norms + layer.WeightlessNorms + (layer.IsPredictionModule ? 3 : 0) - parts;
            double pass = _tokens * _hidden * _bytes / (_shape.SequenceParallel ? _ranks : 1);
            double forward = _forwardBytes + (pass * ((ForwardTouches * parts) + (ForwardNormTouches * norms)));
            double backward = _backwardBytes + (pass * ((BackwardTouches * parts) + (BackwardNormTouches * norms)));
            Put(
                Operator.Elementwise(forward, forward / _bytes / 2, (ForwardKernels * parts) + _forwardKernels), OperatorRole.ElementwiseForward);
            Put(
                Operator.Elementwise(backward, backward / _bytes / 2, (BackwardKernels * parts) + _backwardKernels), OperatorRole.ElementwiseBackward);
        }

        /// <summary>Projections of latent attention: every rank makes the whole narrow vectors and widens them for its own heads.</summary>
        private void Latent(LatentDescription latent, int heads)
        {
            if (latent.QueryRank > 0)
                Product(_rows, latent.QueryRank, _hidden);
            Product(_rows, (long)heads * latent.KeyDim, latent.QueryRank > 0 ? latent.QueryRank : _hidden);
            Product(_rows, latent.KvRank + latent.RopeDim, _hidden);
            Product(_rows, (long)heads * (latent.NopeDim + latent.ValueDim), latent.KvRank);
            Product(_rows, _hidden, (long)heads * latent.ValueDim);
            // The narrow vectors are written and normed; keys are put together from their own part and the one all heads share.
            double narrow = 4.0 * (latent.QueryRank + latent.KvRank + latent.RopeDim);
            double keys = (double)heads * (latent.NopeDim + latent.KeyDim);
            Move(_tokens * _bytes * (narrow + keys));
            _forwardKernels += 4;
            _backwardKernels += 6;
        }

        /// <summary>
        /// Linear attention in chunks of c tokens. Within a chunk: scores of each group, applied to the values. Between chunks: keys and values into the
        /// state, queries out of it. The delta rule first solves for what the chunk adds: scores of keys with keys, applied to keys and values, and what
        /// the state predicts.
        /// </summary>
        private void Linear(LinearAttentionDescription linear)
        {
            int heads = Local(linear.Heads);
            int groups = Local(linear.KeyGroups);
            long values = (long)heads * linear.ValueDim;
            long keys = (long)groups * linear.KeyDim;
            long input = (2 * values) + (2 * keys) + ((long)linear.NumbersPerHead * heads);
            Product(_rows, input, _hidden);
            Product(_rows, _hidden, values);

            long chunk = Math.Min(linear.Chunk, Math.Max(1, _shape.Sequence));
            int chunks = (int)Math.Min(int.MaxValue / (4L * heads), Math.Max(1, (long)Math.Ceiling(_tokens / chunk)));
            int perHead = heads * chunks;
            State(chunk, chunk, linear.KeyDim, (linear.IsDelta ? heads : groups) * chunks);
            State(chunk, linear.ValueDim, chunk, perHead);
            State(linear.KeyDim, linear.ValueDim, chunk, perHead);
            State(chunk, linear.ValueDim, linear.KeyDim, perHead);
            if (linear.IsDelta)
            {
                State(chunk, chunk, linear.KeyDim, perHead);
                State(chunk, linear.KeyDim + linear.ValueDim, chunk, perHead);
                State(chunk, linear.ValueDim, linear.KeyDim, perHead);
            }

            // Decays between every two tokens of a chunk: a difference, an exponential and a product with the scores, all on chip.
            Operator decays = Operator.Elementwise(0, (double)heads * _tokens * chunk * DecayOperations, 0, _shape.AttentionFormat);
            Put(decays, OperatorRole.AttentionForward);
            Put(decays with { VectorElements = 2 * decays.VectorElements }, OperatorRole.AttentionBackward);

            // Inputs and outputs of the projections, of the convolution, of the states and of the gated norm; states in 32 bits, written and read.
            double convolved = linear.ConvolutionKernel > 0 ? values + (2 * keys) : 0;
            double states = 2.0 * 4 * perHead * linear.KeyDim * linear.ValueDim;
            Move((_tokens * _bytes * ((2 * input) + (2 * convolved) + (4 * values))) + states);
            _forwardKernels += 4;
            _backwardKernels += 4;
        }

        /// <summary>A product with the states or within a chunk, and its two gradients; operands of neighbouring ones stay on chip where a chip can.</summary>
        private void State(long rows, long width, long depth, int groups)
        {
            Operator work = Operator.Matmul(rows, width, depth, _shape.AttentionFormat, groups) with { HasOperandsOnChip = true };
            Put(work, OperatorRole.AttentionForward);
            Put(work with { Groups = 2 * groups }, OperatorRole.AttentionBackward);
        }

        /// <summary>Scores of the tokens among themselves: of all of them, or of each chunk and of what is left behind the last.</summary>
        private void Chunks(in ScoreShape scores, int chunk, int sequence)
        {
            if (sequence == 0)
                return;
            if (chunk == 0 || chunk >= sequence)
            {
                Scores(scores, sequence, sequence, _shape.MicroBatch);
                return;
            }

            int whole = sequence / chunk;
            int rest = sequence - (whole * chunk);
            Scores(scores, chunk, chunk, _shape.MicroBatch * whole);
            if (rest > 0)
                Scores(scores, rest, rest, _shape.MicroBatch);
        }

        /// <summary>Scores and weighted values, fused or with the scores in memory.</summary>
        private void Scores(in ScoreShape shape, int queries, int keys, int batch)
        {
            NumberFormat format = _shape.AttentionFormat;
            int ranks = _shape.ContextParallel;
            int perRank = Math.Max(1, queries / ranks);
            if (_shape.IsFused)
            {
                Operator whole = Operator.Attention(
                    batch, queries, keys, shape.Heads, shape.KvHeads, shape.HeadDim, shape.IsCausal, format, backward: false, shape.Window) with
                {
                    ValueDim = shape.ValueDim == shape.HeadDim ? 0 : shape.ValueDim,
                };
                if (ranks > 1)
                {
                    // Causal balance: each context-parallel rank holds one early and one late chunk, so it does its even share of the pairs.
                    double window = shape.Window > 0 ? Math.Min(shape.Window, queries) : queries;
                    double perQuery = window - (window * window / 2 / queries);
                    whole = whole with
                    {
                        QueryLength = perRank,
                        Causal = false,
                        Window = 0,
                        KeyLength = shape.IsCausal ? Math.Max(1, (int)Math.Ceiling(perQuery)) : keys,
                    };
                }

                Put(whole, OperatorRole.AttentionForward);
                Put(whole with { Kind = OperatorKind.AttentionBackward }, OperatorRole.AttentionBackward);
                return;
            }

            int batched = batch * shape.Heads;
            double scores = (double)batched * perRank * keys;
            // What scores cost in memory stands in the score traffic below, so the products themselves keep their operands.
            Operator scoring = Operator.Matmul(perRank, keys, shape.KeyDim, format, batched) with { HasOperandsOnChip = true };
            Operator weighing = Operator.Matmul(perRank, shape.ValueDim, keys, format, batched) with { HasOperandsOnChip = true };
            Put(scoring, OperatorRole.AttentionForward);
            Put(weighing, OperatorRole.AttentionForward);
            Put(scoring with { Groups = 2 * batched }, OperatorRole.AttentionBackward);
            Put(weighing with { Groups = 2 * batched }, OperatorRole.AttentionBackward);
            double scale = _bytes / 2;
            Put(Operator.Elementwise(scores * 9 * scale, scores * 3, 3), OperatorRole.ScoreForward);
            Put(Operator.Elementwise(scores * 11 * scale, scores * 4, 3), OperatorRole.ScoreBackward);
        }

        private void Experts(FeedForwardDescription feed)
        {
            int gates = feed.IsGated ? 2 : 1;
            long dispatched = feed.DispatchWidth((int)_hidden);
            // Tokens are dispatched from their sequence-parallel shard, so each tensor-parallel rank routes its own part of them.
            double own = _tokens / _ranks;
            double routed = own * feed.TopK * _shape.ExpertTensorParallel * _shape.ExpertLoad;
            int local = Math.Max(1, feed.Experts / _shape.ExpertParallel);
            long rows = Math.Max(1, (long)Math.Ceiling(routed / local));
            // Kernels pad the groups of experts that are not all alike.
            if (_shape.ExpertLoad > 1)
                rows = (rows + GroupPadding - 1) / GroupPadding * GroupPadding;
            long width = Math.Max(1, feed.Width / _shape.ExpertTensorParallel);
            Product(rows, gates * width, dispatched, _shape.Precision, local, isExpert: true);
            Product(rows, dispatched, width, _shape.Precision, local, isExpert: true);
            long ownRows = (long)Math.Ceiling(own);
            Product(ownRows, feed.Experts + (feed.HasSharedGate ? 1 : 0), _hidden, _shape.AttentionFormat);
            if (feed.LatentWidth > 0)
            {
                Product(ownRows, feed.LatentWidth, _hidden);
                Product(ownRows, _hidden, feed.LatentWidth);
            }

            if (feed.SharedExperts > 0)
            {
                long shared = Math.Max(1, (long)feed.SharedExperts * feed.SharedWidth / _ranks);
                Product(_rows, gates * shared, _hidden);
                Product(_rows, _hidden, shared);
                Activation(_tokens * shared, feed.IsGated);
            }

            // Permute into expert order and back: each routed token's vector is read and written twice. The activation stands between the products.
            double permute = routed * dispatched * _bytes * 4;
            double forward = permute + (routed * width * _bytes * (feed.IsGated ? 3 : 2));
            double backward = (permute * 1.25) + (routed * width * _bytes * (feed.IsGated ? 5 : 3));
            Put(Operator.Elementwise(forward, forward / _bytes / 2, RoutedForwardKernels), OperatorRole.ElementwiseForward, isExpert: true);
            Put(Operator.Elementwise(backward, backward / _bytes / 2, RoutedBackwardKernels), OperatorRole.ElementwiseBackward, isExpert: true);
        }

        private void Activation(double elements, bool isGated)
        {
            _forwardBytes += elements * _bytes * (isGated ? 3 : 2);
            _backwardBytes += elements * _bytes * (isGated ? 5 : 3);
        }

        private readonly int Local(int heads) => Math.Max(1, heads / _ranks);

        /// <summary>Bytes that the forward and the backward pass both move.</summary>
        private void Move(double bytes)
        {
            _forwardBytes += bytes;
            _backwardBytes += bytes;
        }

        private void Product(long rows, long width, long depth) => Product(rows, width, depth, _shape.Precision);

        /// <summary>A linear product and its gradients.</summary>
        private void Product(long rows, long width, long depth, NumberFormat format, int groups = 1, bool isExpert = false)
        {
            Quantising(rows, width, depth, format, groups, isExpert);
            Put(Operator.Matmul(rows, width, depth, format, groups) with { IsRouted = isExpert }, OperatorRole.Forward, isExpert);
            Put(Operator.Matmul(rows, depth, width, format, groups) with { IsRouted = isExpert }, OperatorRole.InputGradient, isExpert);
            if (!_shape.HasFrozenWeights)
                Put(Operator.Matmul(width, depth, rows, format, groups) with { IsRouted = isExpert }, OperatorRole.WeightGradient, isExpert);
        }

        /// <summary>
        /// What narrow products need beside themselves: their input cast forward and the gradient of their output cast backward, each also transposed where
        /// a weight gradient reads it. Weights are cast once a step, behind the optimizer. Frozen weights in a narrower format than the product's are widened
        /// for the forward product and again for the input gradient.
        /// </summary>
        private void Quantising(long rows, long width, long depth, NumberFormat format, int groups, bool isExpert)
        {
            if (format.IsQuantised())
            {
                int copies = _shape.HasFrozenWeights ? 1 : 2;
                Put(Operator.Quantise((double)rows * depth * groups, copies, format), OperatorRole.QuantiseForward, isExpert);
                Put(Operator.Quantise((double)rows * width * groups, copies, format), OperatorRole.QuantiseBackward, isExpert);
            }
            else if (_shape.HasFrozenWeights && _shape.FrozenFormat.BytesPerElement() < format.BytesPerElement())
            {
                Operator widen = Operator.Dequantise((double)width * depth * groups, _shape.FrozenFormat);
                Put(widen, OperatorRole.QuantiseForward);
                Put(widen, OperatorRole.QuantiseBackward);
            }
        }

        private void Put(in Operator work, OperatorRole role, bool isExpert = false) => _into[Count++] = new LayerOperator(work, role, isExpert);
    }
}
