using Orrery.Units;

namespace Orrery.Operators;

/// <summary>
/// One piece of device work with its true per-rank shape. A value: equal operators cost the same, so costs are memoised by it.
/// Fields a kind does not use are 0.
/// </summary>
public readonly record struct Operator
{
    public OperatorKind Kind { get; init; }

    /// <summary>Bytes of the 16-bit numbers that narrow formats are made from.</summary>
    private const double WideBytes = 2;

    /// <summary>Format of the product (matmul), of the queries (attention) or of the narrow side (quantising).</summary>
    public NumberFormat Format { get; init; }

    /// <summary>Format of cached keys and values (decode, prefill with a quantised cache).</summary>
    public NumberFormat KvFormat { get; init; }

    /// <summary>Rows of the product; per group when grouped.</summary>
    public long M { get; init; }

    /// <summary>Output width.</summary>
    public long N { get; init; }

    /// <summary>Reduction depth.</summary>
    public long K { get; init; }

    /// <summary>Number of equal products done together (1 for a plain one).</summary>
    public int Groups { get; init; }

    /// <summary>Sequences.</summary>
    public int Batch { get; init; }

    /// <summary>New tokens a sequence.</summary>
    public int QueryLength { get; init; }

    /// <summary>All tokens attended, the new ones included.</summary>
    public int KeyLength { get; init; }

    public int Heads { get; init; }

    public int KvHeads { get; init; }

    /// <summary>Width of a head; where keys are wider than values the mean of the two, which has the same products forward and the same bytes.</summary>
    public int HeadDim { get; init; }

    /// <summary>Width of the values of a head where it is not that of its keys (latent attention); 0 is <see cref="HeadDim"/>.</summary>
    public int ValueDim { get; init; }

    /// <summary>Width of queries and keys of a head.</summary>
    public int KeyWidth => ValueDim > 0 ? (2 * HeadDim) - ValueDim : HeadDim;

    /// <summary>Width of values and outputs of a head.</summary>
    public int ValueWidth => ValueDim > 0 ? ValueDim : HeadDim;

    /// <summary>
    /// Values are the first part of the keys, stored once: latent attention over its compressed cache, where every query head attends to the same vectors.
    /// </summary>
    public bool HasSharedValues { get; init; }

    /// <summary>Keys and values of different widths: attention of the latent kind, for which libraries have kernels of their own.</summary>
    public bool IsLatent => ValueDim > 0;

    /// <summary>Sliding window in tokens; 0 is full attention.</summary>
    public int Window { get; init; }

    public bool Causal { get; init; }

    /// <summary>Bytes read from and written to device memory by an element-wise operator, or parameters updated by an optimizer (see factories).</summary>
    public double MemoryBytes { get; init; }

    /// <summary>Elements passed through the vector units.</summary>
    public double VectorElements { get; init; }

    /// <summary>
    /// Operands come from and results go to on-chip memory: a compiler with a software-managed memory keeps them there between neighbouring
    /// operators. Chips behind a cache cost it as any other.
    /// </summary>
    public bool HasOperandsOnChip { get; init; }

    /// <summary>Kernels launched for it when not fused.</summary>
    public int Kernels { get; init; }

    /// <summary>Groups of a product are experts: each has weights of its own, and rows find their way to it.</summary>
    public bool IsRouted { get; init; }

    /// <summary>Where the tokens of a layer of experts go.</summary>
    public ExpertRouting Routing { get; init; }

    /// <summary>A feed-forward layer with two products into the middle width, one of which gates the other.</summary>
    public bool IsGated { get; init; }

    /// <summary>Product of [m, k] by [k, n].</summary>
    public static Operator Matmul(long m, long n, long k, NumberFormat format, int groups = 1) =>
        new() { Kind = OperatorKind.Matmul, M = m, N = n, K = k, Format = format, Groups = groups, Kernels = 1 };

    /// <summary>Fused attention, forward (<paramref name="backward"/> false) or its gradient.</summary>
    public static Operator Attention(
        int batch, int queryLength, int keyLength, int heads, int kvHeads, int headDim, bool causal, NumberFormat format, bool backward = false, int window = 0) =>
        new()
        {
            Kind = backward ? OperatorKind.AttentionBackward : OperatorKind.AttentionForward,
            Batch = batch,
            QueryLength = queryLength,
            KeyLength = keyLength,
            Heads = heads,
            KvHeads = kvHeads,
            HeadDim = headDim,
            Causal = causal,
            Format = format,
            KvFormat = format,
            Window = window,
            Kernels = 1,
        };

    /// <summary>Attention of one new token for each of <paramref name="batch"/> sequences over <paramref name="keyLength"/> cached tokens.</summary>
    public static Operator Decode(int batch, int keyLength, int heads, int kvHeads, int headDim, NumberFormat format, NumberFormat kvFormat, int window = 0) =>
        new()
        {
            Kind = OperatorKind.AttentionDecode,
            Batch = batch,
            QueryLength = 1,
            KeyLength = keyLength,
            Heads = heads,
            KvHeads = kvHeads,
            HeadDim = headDim,
            Format = format,
            KvFormat = kvFormat,
            Window = window,
            Causal = true,
            Kernels = 1,
        };

    /// <summary>
    /// Attention of one new token for each of <paramref name="batch"/> sequences over a cache of latent vectors: <paramref name="rank"/> elements that are key
    /// and value at once, and <paramref name="rope"/> of rotated key, the same for all heads.
    /// </summary>
    public static Operator LatentDecode(int batch, int keyLength, int heads, int rank, int rope, NumberFormat format, NumberFormat kvFormat) =>
        Decode(batch, keyLength, heads, 1, rank + (rope / 2), format, kvFormat) with { ValueDim = rank, HasSharedValues = true };

    /// <summary>
    /// A layer of routed experts as the busiest rank sees it: <paramref name="tokens"/> of the whole group from <paramref name="hidden"/> to
    /// <paramref name="width"/> (the part of this rank) and back.
    /// </summary>
    public static Operator ExpertLayer(long tokens, long hidden, long width, bool isGated, ExpertRouting routing, NumberFormat format) =>
        new() { Kind = OperatorKind.ExpertLayer, M = tokens, N = width, K = hidden, IsGated = isGated, IsRouted = true, Routing = routing, Format = format, Kernels = 1 };

    /// <summary>Work bounded by memory and vector units: <paramref name="bytes"/> moved, <paramref name="elements"/> computed, <paramref name="kernels"/> launches.</summary>
    public static Operator Elementwise(double bytes, double elements, int kernels, NumberFormat format = NumberFormat.Bf16) =>
        new() { Kind = OperatorKind.Elementwise, MemoryBytes = bytes, VectorElements = elements, Kernels = kernels, Format = format };

    /// <summary>One kernel of a kind bounded by memory, standing alone: <see cref="OperatorKind.Norm"/> to <see cref="OperatorKind.Gather"/>.</summary>
    public static Operator Moving(OperatorKind kind, double bytes, double elements, NumberFormat format = NumberFormat.Bf16) =>
        new() { Kind = kind, MemoryBytes = bytes, VectorElements = elements, Kernels = 1, Format = format };

    /// <summary>
    /// Turns <paramref name="elements"/> 16-bit numbers into <paramref name="copies"/> narrow tensors: read once, every copy written with its scales. A
    /// second copy is the transposed one: where scales belong to blocks of a row or of a column it is another tensor, so each copy is work of its own for
    /// the vector units. The largest element of a tensor with one scale is found by the kernel that makes it: steps measured in such formats leave no
    /// room for a pass more.
    /// </summary>
    /// <param name="format">The narrow format.</param>
    public static Operator Quantise(double elements, int copies, NumberFormat format) => new()
    {
        Kind = OperatorKind.Quantise,
        MemoryBytes = elements * (WideBytes + (copies * format.BytesPerElement())),
        VectorElements = elements * copies,
        Kernels = 1,
        Format = format,
    };

    /// <summary>Widens <paramref name="elements"/> narrow numbers to 16 bits: read with their scales, written wide.</summary>
    public static Operator Dequantise(double elements, NumberFormat format) => new()
    {
        Kind = OperatorKind.Dequantise,
        MemoryBytes = elements * (WideBytes + format.BytesPerElement()),
        VectorElements = elements,
        Kernels = 1,
        Format = format,
    };

    /// <summary>Optimizer update that moves <paramref name="bytes"/> in all for <paramref name="parameters"/> parameters.</summary>
    public static Operator Optimizer(double parameters, double bytes) =>
        new() { Kind = OperatorKind.OptimizerUpdate, MemoryBytes = bytes, VectorElements = parameters, Kernels = 1, Format = NumberFormat.Fp32 };

    /// <summary>Multiply-adds counted as two: what the mathematics needs, causal attention as half.</summary>
    public double FlopCount => Kind switch
    {
        OperatorKind.Matmul => 2.0 * M * N * K * Math.Max(1, Groups),
        OperatorKind.AttentionForward => 4.0 * AttendedPairs * Heads * HeadDim,
        // Scores and the gradients of queries and keys are as wide as keys, those of values and weights as values.
        OperatorKind.AttentionBackward => 2.0 * AttendedPairs * Heads * ((3.0 * KeyWidth) + (2.0 * ValueWidth)),
        OperatorKind.AttentionDecode => 4.0 * Batch * (Window > 0 ? Math.Min(Window, KeyLength) : KeyLength) * Heads * HeadDim,
        // Of a rank that has its even share of the tokens.
        OperatorKind.ExpertLayer => 2.0 * M * Routing.TopK / Math.Max(1, Routing.Ranks) * N * K * (IsGated ? 3 : 2),
        _ => VectorElements,
    };

    /// <summary>Bytes of keys and values that one decode step reads.</summary>
    public double CacheBytes =>
        (HasSharedValues ? KeyWidth : 2.0 * HeadDim) * Batch * KvHeads * (Window > 0 ? Math.Min(Window, KeyLength) : KeyLength) * KvFormat.BytesPerElement();

    /// <summary>Query-key pairs that the mask lets through, over all sequences.</summary>
    public double AttendedPairs
    {
        get
        {
            double full = (double)QueryLength * KeyLength;
            if (!Causal)
                return Batch * full;
            double past = KeyLength - QueryLength;
            double pairs = QueryLength * past + QueryLength * (QueryLength + 1.0) / 2;
            if (Window > 0 && Window < KeyLength)
            {
                double cut = KeyLength - Window;
                double first = Math.Max(0, cut - QueryLength);
                pairs -= (cut * (cut + 1) - first * (first + 1)) / 2;
            }

            return Batch * pairs;
        }
    }
}
