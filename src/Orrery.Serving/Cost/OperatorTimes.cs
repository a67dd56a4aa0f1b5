using Orrery.Chips;
using Orrery.Chips.Gpu;
using Orrery.Fabric;
using Orrery.Models;
using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>
/// Times of a model's work on one rank, from the chip's and the fabric's models, before any stack constant. Each answer is kept in a dense table by
/// exactly what it depends on and computed when first asked for; after that a look-up allocates nothing.
/// </summary>
/// <remarks>
/// Linear work by tokens: exact up to 512, then a grid of 64 with straight lines between. Decode attention by sequences and context in tiles of 64
/// tokens, each at its middle: kernels work in such tiles. Prefill attention by chunk on a grid of 64 and context on a grid of 256, with straight lines
/// between. Not for several threads.
/// </remarks>
public sealed partial class OperatorTimes
{
    /// <summary>Tokens of a context tile.</summary>
    public const int Tile = 64;

    private const int ExactTokens = 512;
    private const int TokenGrid = 64;
    private const int ChunkGrid = 64;
    private const int ContextGrid = 256;

    private readonly ModelArchitecture model;
    private readonly ChipModel chip;
    private readonly ReplicaCollectives collectives;
    private readonly ServingPlan plan;
    private readonly int[] layersOfKind;
    private readonly LayerOperator[] buffer = new LayerOperator[LayerOperators.Capacity];
    private WorkTimes?[] exact = new WorkTimes?[ExactTokens + 1];
    private WorkTimes?[] grid = new WorkTimes?[64];
    private WorkTimes?[] heads = new WorkTimes?[ExactTokens + 1];
    private AttentionTimes[][] decode = [];
    private AttentionTimes[][] prefill = [];

    /// <summary>Empty tables.</summary>
    public OperatorTimes(ModelArchitecture model, ChipModel chip, ReplicaCollectives collectives, ServingPlan plan)
    {
        this.collectives = collectives;
        this.model = model = Padded(model, plan.TensorParallel);
        this.chip = chip;
        this.plan = plan;
        layersOfKind = new int[model.LayerKinds.Length];
        foreach (byte kind in model.LayerOrder)
        {
            if (model.LayerKinds[kind].Stream.Kind != TokenStreamKind.Sequence)
                continue;
            layersOfKind[kind]++;
            Layers++;
            ExpertLayers += model.LayerKinds[kind].FeedForward.Experts > 0 ? 1 : 0;
        }
    }

    /// <summary>Layers that work on the sequence.</summary>
    public int Layers { get; }

    /// <summary>Those of them with routed experts.</summary>
    public int ExpertLayers { get; }

    /// <summary>Tokens of one sequence that a decode iteration works on: more than one where proposed tokens are verified.</summary>
    public int Queries { get; init; } = 1;

    /// <summary>How tokens choose their experts.</summary>
    public ExpertChoice Choice { get; init; }

    /// <summary>What proposes them; null where nothing does.</summary>
    public OperatorTimes? Draft { get; init; }

    /// <summary>Ranks of one replica that attend for different sequences.</summary>
    public int DataParallel => plan.DataParallel;

    /// <summary>All layers' work on <paramref name="tokens"/> tokens of the replica, attention scores left out; nothing costs nothing.</summary>
    public WorkTimes Linear(int tokens)
    {
        if (tokens <= 0)
            return default;
        if (tokens <= ExactTokens)
            return exact[tokens] ??= ComputeLinear(tokens);
        int low = tokens / TokenGrid;
        double share = (tokens - (low * TokenGrid)) / (double)TokenGrid;
        WorkTimes below = OnGrid(low);
        return share == 0 ? below : WorkTimes.Between(below, OnGrid(low + 1), share);
    }

    /// <summary>The output projection of <paramref name="rows"/> sequences and the gathering of their logits.</summary>
    public WorkTimes Head(int rows)
    {
        if (rows <= 0)
            return default;
        if (rows >= heads.Length)
            Array.Resize(ref heads, Math.Max(rows + 1, 2 * heads.Length));
        return heads[rows] ??= ComputeHead(rows);
    }

    /// <summary>Attention of the <see cref="Queries"/> new tokens of each of <paramref name="batch"/> sequences, whose contexts end in tile <paramref name="tile"/> on average.</summary>
    public AttentionTimes Decode(int batch, int tile)
    {
        if (batch <= 0)
            return default;
        ref AttentionTimes place = ref Place(ref decode, batch, tile);
        if (!place.IsKnown)
            place = ComputeDecode(batch, (tile * Tile) + (Tile / 2));
        return place;
    }

    /// <summary>The same for caches of exactly <paramref name="tokens"/> tokens, as compiled shapes have; not remembered.</summary>
    public AttentionTimes DecodePadded(int batch, int tokens) => batch <= 0 ? default : ComputeDecode(batch, tokens);

    /// <summary>Attention of <paramref name="chunk"/> new tokens of one prompt behind <paramref name="context"/> that are cached.</summary>
    public AttentionTimes Prefill(int chunk, int context)
    {
        if (chunk <= 0)
            return default;
        int row = chunk / ChunkGrid;
        int column = context / ContextGrid;
        double down = (chunk - (row * ChunkGrid)) / (double)ChunkGrid;
        double across = (context - (column * ContextGrid)) / (double)ContextGrid;
        AttentionTimes times = PrefillAt(row, column).Times((1 - down) * (1 - across));
        if (down > 0)
            times += PrefillAt(row + 1, column).Times(down * (1 - across));
        if (across > 0)
            times += PrefillAt(row, column + 1).Times((1 - down) * across);
        if (down > 0 && across > 0)
            times += PrefillAt(row + 1, column + 1).Times(down * across);
        return times;
    }

    /// <summary>
    /// Spread of log(measured/predicted) of an iteration that decodes: that of each class of kernels weighed by its share, fully correlated within a class.
    /// </summary>
    public double Sigma(int batch, int context)
    {
        WorkTimes linear = Linear(batch);
        AttentionTimes attention = Decode(batch, context / Tile);
        double all = linear.Execution + attention.Execution;
        if (all <= 0)
            return 0;
        LayerDescription layer = model.LayerKinds[model.LayerOrder[^1]];
        int count = LayerOperators.Fill(model, layer, Shape(PerRank(batch)), buffer);
        double products = 0;
        double weight = 0;
        for (int place = 0; place < count; place++)
        {
            Operator work = buffer[place].Work;
            if (buffer[place].Role != OperatorRole.Forward || buffer[place].IsExpert)
                continue;
            double time = chip.Cost(work).Isolated.Value;
            products += time * chip.Sigma(work);
            weight += time;
        }

        if (layer.FeedForward is { Experts: > 0 } feed)
        {
            Operator experts = ExpertsOf(feed, layer.HiddenOr(model.Hidden), batch);
            double time = chip.Cost(experts).Isolated.Value;
            products += time * chip.Sigma(experts);
            weight += time;
        }

        double ofProducts = weight > 0 ? products / weight * linear.Products / all : 0;
        double ofAttention = layer.Attention.Kind is AttentionKind.Grouped or AttentionKind.Latent ? chip.Sigma(DecodeOf(layer.Attention, batch, context)) * attention.Execution / all : 0;
        double ofCollectives = collectives.ReduceSigma(2.0 * batch * model.Hidden) * linear.Collectives / all;
        return Math.Sqrt((ofProducts * ofProducts) + (ofAttention * ofAttention) + (ofCollectives * ofCollectives));
    }

    /// <summary>The model with its heads rounded up to whole ones on every rank; few KV heads are copied, not split.</summary>
    private static ModelArchitecture Padded(ModelArchitecture model, int ranks)
    {
        bool isWhole = true;
        foreach (LayerDescription kind in model.LayerKinds)
            isWhole &= kind.Attention.Heads % ranks == 0 && (kind.Attention.KvHeads % ranks == 0 || kind.Attention.KvHeads < ranks);
        if (isWhole)
            return model;
        return model with
        {
            LayerKinds = [.. model.LayerKinds.Select(kind => kind with
            {
                Attention = kind.Attention with
                {
                    Heads = (kind.Attention.Heads + ranks - 1) / ranks * ranks,
                    KvHeads = kind.Attention.KvHeads < ranks ? kind.Attention.KvHeads : (kind.Attention.KvHeads + ranks - 1) / ranks * ranks,
                },
            })],
        };
    }

    private static ref AttentionTimes Place(ref AttentionTimes[][] table, int row, int column)
    {
        if (row >= table.Length)
        {
            int before = table.Length;
            Array.Resize(ref table, Math.Max(row + 1, 2 * before));
            Array.Fill(table, [], before, table.Length - before);
        }

        ref AttentionTimes[] places = ref table[row];
        if (column >= places.Length)
        {
            int before = places.Length;
            Array.Resize(ref places, Math.Max(column + 1, Math.Max(8, 2 * before)));
            Array.Fill(places, AttentionTimes.Unknown, before, places.Length - before);
        }

        return ref places[column];
    }

    private WorkTimes OnGrid(int place)
    {
        if (place >= grid.Length)
            Array.Resize(ref grid, Math.Max(place + 1, 2 * grid.Length));
        return grid[place] ??= ComputeLinear(place * TokenGrid);
    }

    private AttentionTimes PrefillAt(int row, int column)
    {
        ref AttentionTimes place = ref Place(ref prefill, row, column);
        if (!place.IsKnown)
            place = ComputePrefill(Math.Max(1, row * ChunkGrid), column * ContextGrid);
        return place;
    }

    /// <summary>Tokens of the busiest attention rank.</summary>
    private int PerRank(int tokens) => (tokens + plan.DataParallel - 1) / plan.DataParallel;

    private LayerShape Shape(int tokens) => new(
        tokens, 1, plan.TensorParallel, 1, plan.ExpertParallel, plan.ExpertTensorParallel, SequenceParallel: false, IsFused: true, HasFrozenWeights: true, plan.Precision);

    private WorkTimes ComputeLinear(int tokens)
    {
        int own = PerRank(tokens);
        WorkTimes all = default;
        for (int kind = 0; kind < layersOfKind.Length; kind++)
        {
            if (layersOfKind[kind] == 0)
                continue;
            WorkTimes layer = ComputeLayer(model.LayerKinds[kind], own, tokens);
            double layers = layersOfKind[kind];
            all = new WorkTimes(
                all.Products + (layers * layer.Products),
                all.Launch + (layers * layer.Launch),
                all.Elementwise + (layers * layer.Elementwise),
                all.Collectives + (layers * layer.Collectives),
                all.Matrix + (layers * layer.Matrix),
                all.Memory + (layers * layer.Memory));
        }

        return all with { Collectives = all.Collectives + collectives.Hops(2.0 * own * model.Hidden) };
    }

    private WorkTimes ComputeLayer(LayerDescription layer, int tokens, int allTokens)
    {
        // A prediction module projects to the vocabulary where it proposes, not every token: that is the head's.
        int count = LayerOperators.Fill(model, layer.IsPredictionModule ? layer with { IsPredictionModule = false } : layer, Shape(tokens), buffer);
        double products = 0;
        double launch = 0;
        double elementwise = 0;
        double matrix = 0;
        double memory = 0;
        double passFloor = 0;
        for (int place = 0; place < count; place++)
        {
            ref readonly LayerOperator entry = ref buffer[place];
            if (entry.Role == OperatorRole.ElementwiseForward)
                passFloor += chip.Cost(entry.Work with { MemoryBytes = 1, VectorElements = 1 }).Execution.Value;
            // Products of experts are one operator below, with what surrounds them.
            if (entry.IsExpert || entry.Role is not (OperatorRole.Forward or OperatorRole.ElementwiseForward))
                continue;
            Add(chip.Cost(entry.Work), entry.Role == OperatorRole.ElementwiseForward);
        }

        // Passes are charged for their bytes: what starting each of them takes is the stack's small kernels.
        elementwise = Math.Max(0, elementwise - passFloor);

        if (layer.FeedForward is { Experts: > 0 } feed)
            Add(chip.Cost(ExpertsOf(feed, layer.HiddenOr(model.Hidden), allTokens)), isElementwise: false);
        if (layer.IsPredictionModule)
            Add(chip.Cost(Operator.Matmul(tokens, Math.Max(1, model.Hidden / plan.TensorParallel), 2L * model.Hidden, plan.Precision)), isElementwise: false);

        // One sum over the tensor-parallel ranks behind attention, one behind the feed-forward part.
        double reduced = 2.0 * tokens * model.Hidden;
        bool isExchanged = layer.FeedForward.Experts > 0 && plan.DataParallel > 1;
        double joining = (layer.Blocks - (isExchanged ? 1 : 0)) * collectives.Reduce(reduced);
        if (isExchanged)
            joining += ExchangeTime(layer.FeedForward, layer.HiddenOr(model.Hidden), tokens, allTokens);
        return new WorkTimes(products, launch, elementwise, joining, matrix, memory);

        void Add(in OperatorCost cost, bool isElementwise)
        {
            memory += cost.MemoryBytes.Value;
            matrix += cost.MatrixBusy.Value;
            if (isElementwise)
            {
                elementwise += cost.Execution.Value;
            }
            else
            {
                products += cost.Execution.Value;
                launch += cost.Launch.Value;
            }
        }
    }

    /// <summary>A layer's routed experts: all tokens of the replica, whichever rank they came from.</summary>
    private Operator ExpertsOf(FeedForwardDescription feed, int hidden, int tokens) => Operator.ExpertLayer(
        tokens, feed.DispatchWidth(hidden), Math.Max(1, feed.Width / plan.ExpertTensorParallel), feed.IsGated,
        Routing(feed), plan.ExpertPrecision);

    /// <summary>Exchange of one layer's tokens, <paramref name="tokens"/> of the busiest rank, between the ranks that attend and those that have their experts.</summary>
    private double ExchangeTime(FeedForwardDescription feed, int hidden, int tokens, int allTokens) =>
        collectives.Exchange(Routing(feed), feed.DispatchWidth(hidden), tokens, allTokens);

    private ExpertRouting Routing(FeedForwardDescription feed) =>
        new(feed.Experts, feed.TopK, plan.ExpertParallel) { IsRandom = true, Popularity = Choice.Skew, Imbalance = Choice.Imbalance };

    private WorkTimes ComputeHead(int rows)
    {
        long width = (long)Math.Ceiling(model.Vocabulary / (double)plan.TensorParallel);
        OperatorCost cost = chip.Cost(Operator.Matmul(PerRank(rows), width, model.Hidden, NumberFormat.Bf16));
        double gather = collectives.Gather(2.0 * PerRank(rows) * model.Vocabulary);
        return new WorkTimes(cost.Execution.Value, cost.Launch.Value, 0, gather, cost.MatrixBusy.Value, cost.MemoryBytes.Value);
    }

    private AttentionTimes ComputeDecode(int batch, int context)
    {
        AttentionTimes all = default;
        for (int kind = 0; kind < layersOfKind.Length; kind++)
        {
            AttentionDescription attention = model.LayerKinds[kind].Attention;
            if (layersOfKind[kind] == 0 || attention.Kind == AttentionKind.None)
                continue;
            OperatorCost cost = attention.Linear is { } linear
                ? chip.Cost(StateUpdate(linear, PerRank(batch) * Queries))
                : chip.Cost(DecodeOf(attention, PerRank(batch), context));
            all += Of(cost).Times(layersOfKind[kind]);
        }

        return all;
    }

    private AttentionTimes ComputePrefill(int chunk, int context)
    {
        AttentionTimes all = default;
        for (int kind = 0; kind < layersOfKind.Length; kind++)
        {
            AttentionDescription attention = model.LayerKinds[kind].Attention;
            if (layersOfKind[kind] == 0 || attention.Kind == AttentionKind.None)
                continue;
            OperatorCost cost;
            if (attention.Linear is { } linear)
            {
                cost = chip.Cost(StateUpdate(linear, Math.Max(1, chunk / Math.Max(1, linear.Chunk))));
            }
            else
            {
                int past = attention.Chunk > 0 ? context % attention.Chunk : context;
                cost = chip.Cost(Operator.Attention(
                    1, chunk, past + chunk, Local(attention.Heads), Local(attention.KvHeads), attention.HeadDim, causal: true, NumberFormat.Bf16, backward: false, attention.Window) with
                {
                    KvFormat = plan.KvPrecision,
                    ValueDim = attention.ValueDim == attention.HeadDim ? 0 : attention.ValueDim,
                });
            }

            all += Of(cost).Times(layersOfKind[kind]);
        }

        return all;
    }

    /// <summary>
    /// Decode attention of one layer; latent attention multiplies every head with the one narrow vector that all share. Several tokens of one sequence
    /// read its cache once: they are so many times the heads that share keys and values.
    /// </summary>
    private Operator DecodeOf(AttentionDescription attention, int batch, int context)
    {
        // A layer that attends within consecutive chunks sees half of one on average once it is past the first.
        int seen = attention.Chunk > 0 && context > attention.Chunk ? attention.Chunk / 2 : context;
        return attention.Latent is { } latent
            ? Operator.LatentDecode(batch, seen, Queries * Local(attention.Heads), latent.KvRank, latent.RopeDim, NumberFormat.Bf16, plan.KvPrecision)
            : Operator.Decode(batch, seen, Queries * Local(attention.Heads), Local(attention.KvHeads), attention.HeadDim, NumberFormat.Bf16, plan.KvPrecision, attention.Window);
    }

    /// <summary>Reading and writing the states of linear attention, in 32 bits.</summary>
    private Operator StateUpdate(LinearAttentionDescription linear, int steps)
    {
        double numbers = (double)steps * Local(linear.Heads) * linear.KeyDim * linear.ValueDim;
        return Operator.Elementwise(8 * numbers, 2 * numbers, 1);
    }

    private static AttentionTimes Of(in OperatorCost cost) => new(cost.Execution.Value, cost.Launch.Value, cost.MatrixBusy.Value, cost.MemoryBytes.Value);

    /// <summary>Heads of the fullest rank: groups that do not divide them are padded.</summary>
    private int Local(int heads) => Math.Max(1, (heads + plan.TensorParallel - 1) / plan.TensorParallel);
}
