namespace Orrery.Serving;

/// <summary>A list that grows by pieces and never copies them: a list of millions takes what it holds, not twice that.</summary>
internal sealed class ChunkedList<T>
    where T : struct
{
    private const int ChunkBits = 16;
    private const int ChunkSize = 1 << ChunkBits;

    private readonly List<T[]> chunks = [];

    public int Count { get; private set; }

    public T this[int place] => chunks[place >> ChunkBits][place & (ChunkSize - 1)];

    public void Add(T value)
    {
        int within = Count & (ChunkSize - 1);
        if (within == 0)
            chunks.Add(new T[Count == 0 ? 64 : ChunkSize]);
        else if (within == chunks[^1].Length)
            chunks[^1] = Grown(chunks[^1]);
        chunks[^1][within] = value;
        Count++;
    }

    /// <summary>All of it in one array of <paramref name="length"/> entries, nothing behind what there is.</summary>
    /// <param name="empties">Each piece is given up as it is copied; the list is empty then.</param>
    public T[] ToArray(bool empties, int length)
    {
        T[] all = new T[length];
        for (int chunk = 0; chunk < chunks.Count; chunk++)
        {
            chunks[chunk].AsSpan(0, Math.Min(chunks[chunk].Length, Count - (chunk << ChunkBits))).CopyTo(all.AsSpan(chunk << ChunkBits));
            if (empties)
                chunks[chunk] = [];
        }

        if (empties)
        {
            chunks.Clear();
            Count = 0;
        }

        return all;
    }

    private static T[] Grown(T[] chunk)
    {
        Array.Resize(ref chunk, 2 * chunk.Length);
        return chunk;
    }
}
