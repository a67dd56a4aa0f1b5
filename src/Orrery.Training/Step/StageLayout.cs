using Orrery.Models;

namespace Orrery.Training;

/// <summary>
/// Which layers each model chunk holds. Chunk c (of pp x vp, in order of the network) sits on stage c mod pp. Layers that do not divide evenly
/// are taken away first from the last chunk (it has the vocabulary projection), then the first (the embedding), then inward from the ends.
/// </summary>
public sealed class StageLayout
{
    /// <summary>Most chunks (pp x vpp) a layout can hold.</summary>
    public const int MostChunks = 4096;

    private readonly int[] layers = new int[MostChunks];
    private int[] kinds = new int[64];
    private double[] times = [];

    public int Stages { get; private set; }

    public int Chunks { get; private set; }

    /// <summary>Number of distinct layer kinds.</summary>
    public int Kinds { get; private set; }

    /// <summary>Layers of chunk <paramref name="chunk"/>.</summary>
    public int Layers(int chunk) => layers[chunk];

    /// <summary>Layers of kind <paramref name="kind"/> in chunk <paramref name="chunk"/>.</summary>
    public int Count(int chunk, int kind) => kinds[(chunk * Kinds) + kind];

    /// <summary>
    /// Lays <paramref name="model"/> on <paramref name="stages"/> x <paramref name="virtualStages"/> chunks. False when a chunk would be empty
    /// or there are more chunks than the layout can hold.
    /// </summary>
    public bool Fill(ModelArchitecture model, int stages, int virtualStages)
    {
        if (!Begin(model, stages, virtualStages))
            return false;
        int chunks = Chunks;
        int most = (model.Layers + chunks - 1) / chunks;
        int missing = (most * chunks) - model.Layers;
        if (most == 1 && missing > 2)
            return false;
        for (int c = 0; c < chunks; c++)
            layers[c] = most;
        for (int i = 0; i < missing; i++)
            layers[(i & 1) == 0 ? chunks - 1 - (i / 2) : i / 2]--;
        CountKinds(model);
        return true;
    }

    /// <summary>The same with as many layers in each chunk as <paramref name="split"/> says.</summary>
    public bool Fill(ModelArchitecture model, int stages, int virtualStages, PipelineSplit split)
    {
        if (split.Objection(model.Layers, stages * virtualStages) is not null || !Begin(model, stages, virtualStages))
            return false;
        for (int c = 0; c < Chunks; c++)
            layers[c] = split.Layers[c];
        CountKinds(model);
        return true;
    }

    /// <summary>
    /// The same with the longest chunk as short as can be: <paramref name="perKind"/> is the time of a layer of each kind, <paramref name="first"/> and
    /// <paramref name="last"/> what the embedding and the vocabulary projection add. Chunks are filled from the last one, so that what is left over is short
    /// where most activations are held.
    /// </summary>
    public bool Fill(ModelArchitecture model, int stages, int virtualStages, ReadOnlySpan<double> perKind, double first, double last)
    {
        if (!Begin(model, stages, virtualStages))
            return false;
        if (times.Length < model.Layers)
            times = new double[model.Layers];
        double low = Math.Max(first, last);
        double high = first + last;
        for (int layer = 0; layer < model.Layers; layer++)
        {
            times[layer] = perKind[Kinds == 1 ? 0 : model.LayerOrder[layer]];
            high += times[layer];
        }

        // Halving finds the shortest longest chunk to a billionth; what is filled is what that bound lets through.
        for (int i = 0; i < 40; i++)
        {
            double middle = (low + high) / 2;
            if (Pack(model.Layers, middle, first, last))
                high = middle;
            else
                low = middle;
        }

        bool isPacked = Pack(model.Layers, high, first, last);
        CountKinds(model);
        return isPacked;
    }

    /// <summary>Packs layers into chunks of at most <paramref name="longest"/>; false where they do not go in.</summary>
    private bool Pack(int count, double longest, double first, double last)
    {
        int left = count;
        for (int chunk = Chunks - 1; chunk > 0; chunk--)
        {
            double time = chunk == Chunks - 1 ? last : 0;
            int here = 0;
            // Every chunk before this one but the first needs a layer.
            while (left > chunk - 1 && time + times[left - 1] <= longest)
            {
                time += times[--left];
                here++;
            }

            if (here == 0 && chunk < Chunks - 1)
                return false;
            layers[chunk] = here;
        }

        layers[0] = left;
        double rest = first;
        for (int layer = 0; layer < left; layer++)
            rest += times[layer];
        return rest <= longest;
    }

    private bool Begin(ModelArchitecture model, int stages, int virtualStages)
    {
        int chunks = stages * virtualStages;
        // At most the first and the last chunk may hold no layer: then they are the embedding and the vocabulary projection alone.
        if (chunks > layers.Length || chunks > model.Layers + 2)
            return false;
        Stages = stages;
        Chunks = chunks;
        Kinds = model.LayerKinds.Length;
        return true;
    }

    private void CountKinds(ModelArchitecture model)
    {
        int chunks = Chunks;
        if (kinds.Length < chunks * Kinds)
            kinds = new int[chunks * Kinds];
        Array.Clear(kinds, 0, chunks * Kinds);
        int layer = 0;
        for (int c = 0; c < chunks; c++)
        {
            if (Kinds == 1)
            {
                kinds[c] = layers[c];
                continue;
            }

            for (int i = 0; i < layers[c]; i++)
                kinds[(c * Kinds) + model.LayerOrder[layer++]]++;
        }
    }
}
