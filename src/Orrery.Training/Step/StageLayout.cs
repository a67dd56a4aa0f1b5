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
        int chunks = stages * virtualStages;
        // At most the first and the last chunk may hold no layer: then they are the embedding and the vocabulary projection alone.
        if (chunks > layers.Length || chunks > model.Layers + 2)
            return false;
        Stages = stages;
        Chunks = chunks;
        Kinds = model.LayerKinds.Length;
        int most = (model.Layers + chunks - 1) / chunks;
        int missing = (most * chunks) - model.Layers;
        if (most == 1 && missing > 2)
            return false;
        for (int c = 0; c < chunks; c++)
            layers[c] = most;
        for (int i = 0; i < missing; i++)
            layers[(i & 1) == 0 ? chunks - 1 - (i / 2) : i / 2]--;
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

        return true;
    }
}
