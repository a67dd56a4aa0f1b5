using Orrery.Operators;
using Orrery.Units;

namespace Orrery.Chips.Neuron;

public sealed partial class NeuronChipModel
{
    /// <summary>
    /// Fused attention in tiles of 128 queries x 128 keys. Forward, a tile and head: scores (128 columns), the transpose of the probabilities (128,
    /// beside products where the engine can), and the product with the values; maximum on the vector engine, exponentials on the scalar or vector
    /// engine, copies on either. Backward: scores, their gradient, three products, one transpose.
    /// </summary>
    private OperatorCost Attention(in Operator work, bool isBackward)
    {
        if (work.Batch <= 0 || work.Heads <= 0 || work.QueryLength <= 0 || work.KeyLength <= 0 || work.HeadDim <= 0)
            return default;
        double tile = figures.Partitions;
        double tiles = MaskedTiles(work, tile) * work.Batch * work.Heads / figures.Cores;
        double pass = passes[(int)work.Format];
        double repeat = Math.Max(1, pass);
        double depth = Math.Ceiling(work.HeadDim / (tile / Math.Min(1, pass)));
        double scores = tile * depth;
        double product = InstructionCosts.MovingCycles(figures, work.HeadDim);
        double products = isBackward ? (2 * scores) + (3 * product) : scores + product;
        double cycles = figures.HasBackgroundTranspose ? Math.Max(products, tile) : products + tile;
        double tensor = tiles * cycles * repeat / tensorRate[(int)work.Format];

        double overhead = constants.InstructionOverhead;
        double piece = figures.MovingColumns;
        double columns = tiles * tile;
        double plain = InstructionCosts.VectorCycles(figures, columns, 1, piece, overhead);
        double rescale = 2 * work.HeadDim * tiles * tile / constants.AttentionBlock;
        double vector = (plain + rescale) / figures.VectorClock;
        double scalar = 0;
        if (figures.VectorExponentials > 0)
            vector += InstructionCosts.VectorCycles(figures, columns, tile / figures.VectorExponentials, piece, overhead) / figures.VectorClock;
        else
            scalar = plain / figures.ScalarClock;
        double fromPsum = InstructionCosts.VectorCycles(figures, columns, InstructionCosts.VectorCopy16FromPsum(figures), piece, overhead);
        double onScalar = InstructionCosts.VectorCycles(figures, columns, InstructionCosts.ScalarCopy16(figures), piece, overhead);

        double element = work.Format is NumberFormat.Fp32 or NumberFormat.Tf32 ? 4 : 2;
        double keyElement = Math.Min(element, work.KvFormat.BytesPerElement());
        double copies = isBackward ? 4 : 2;
        double queries = copies * work.Batch * (double)work.QueryLength * work.Heads * work.HeadDim * element;
        double oneHead = 2.0 * work.KeyLength * work.HeadDim * keyElement;
        double half = figures.SbufBytes / 2;
        double reads = oneHead <= half ? 1 : Math.Ceiling((double)work.QueryLength * work.HeadDim * element / half);
        double keys = (reads + (isBackward ? 1 : 0)) * work.Batch * work.KvHeads * oneHead;
        double row = (double)work.HeadDim * element;
        double memory = dma.Time(queries, row * work.Heads) + dma.Time(keys, row * work.KvHeads);
        EngineTimes times = new EngineTimes(tensor, vector, scalar, memory)
            .WithEither(fromPsum / figures.VectorClock, onScalar / figures.ScalarClock);
        return Answer(times, queries + keys, work.FlopCount);
    }

    /// <summary>
    /// One new token a sequence: keys and values stationary, the queries of a group move past them; scores lie with keys on the partitions, so that
    /// all heads of a sequence share an instruction. Four dependent passes over the scores.
    /// </summary>
    private OperatorCost Decode(in Operator work)
    {
        if (work.Batch <= 0 || work.Heads <= 0 || work.KvHeads <= 0 || work.KeyLength <= 0 || work.HeadDim <= 0)
            return default;
        double tile = figures.Partitions;
        double tokens = work.Window > 0 ? Math.Min(work.Window, work.KeyLength) : work.KeyLength;
        double keyTiles = Math.Ceiling(tokens / tile);
        double group = Math.Ceiling((double)work.Heads / work.KvHeads);
        double depth = Math.Ceiling(work.HeadDim / tile);
        double perTile = 2 * depth * InstructionCosts.MovingCycles(figures, group);
        double tensor = work.Batch * work.KvHeads * keyTiles * perTile * Math.Max(1, passes[(int)work.Format])
            / (figures.Cores * tensorRate[(int)work.Format]);

        double overhead = constants.InstructionOverhead;
        double columns = keyTiles * work.Heads;
        double sequences = (double)work.Batch / figures.Cores;
        double plain = sequences * InstructionCosts.VectorCycles(figures, columns, 1, figures.MovingColumns, overhead);
        double exponentials = figures.VectorExponentials > 0
            ? sequences * InstructionCosts.VectorCycles(figures, columns, tile / figures.VectorExponentials, figures.MovingColumns, overhead)
            : plain;
        double vector = 2 * plain / figures.VectorClock;
        double scalar = 0;
        if (figures.VectorExponentials > 0)
            vector += exponentials / figures.VectorClock;
        else
            scalar = exponentials / figures.ScalarClock;

        double keyElement = work.KvFormat.BytesPerElement();
        double cached = work.CacheBytes;
        double passing = 4.0 * work.Batch * work.Heads * work.HeadDim;
        // Tokens of a head lie together, so a partition reads several in one piece.
        double memory = dma.Time(cached, tokens * work.HeadDim * keyElement / tile) + dma.Time(passing, 2.0 * work.Heads * work.HeadDim);
        EngineTimes times = new EngineTimes(tensor, vector, scalar, memory)
            .WithEither(plain / figures.VectorClock, plain / figures.ScalarClock);
        return Answer(times, cached + passing, work.FlopCount);
    }

    /// <summary>Tiles of one head that hold a score the mask lets through.</summary>
    private static double MaskedTiles(in Operator work, double tile)
    {
        double rows = Math.Ceiling(work.QueryLength / tile);
        double keys = Math.Ceiling(work.KeyLength / tile);
        if (!work.Causal)
            return rows * keys;
        double past = Math.Ceiling(Math.Max(0, work.KeyLength - work.QueryLength) / tile);
        double most = work.Window > 0 ? Math.Min(keys, Math.Ceiling(work.Window / tile) + 1) : keys;
        // Row i (from 1) sees past + i tiles, at most `most`: an arithmetic series, then a constant.
        double rising = Math.Clamp(most - past, 0, rows);
        return (rising * past) + (rising * (rising + 1) / 2) + ((rows - rising) * most);
    }
}
