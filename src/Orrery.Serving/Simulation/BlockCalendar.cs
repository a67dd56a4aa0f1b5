namespace Orrery.Serving;

/// <summary>
/// Which sequences need further blocks of the cache in which iteration, where they do not advance in step: a ring of lists by iteration, as long as the
/// longest time between two blocks of one sequence.
/// </summary>
internal sealed class BlockCalendar
{
    private const int None = -1;

    private readonly int[] first;
    private readonly int[] blocks;
    private readonly int[] next;
    private readonly int[] previous;
    private readonly int[] place;
    private readonly int[] wanted;

    /// <summary>An empty calendar.</summary>
    /// <param name="span">Iterations from now within which every sequence needs its next blocks.</param>
    public BlockCalendar(int slots, int span)
    {
        first = new int[span + 1];
        blocks = new int[span + 1];
        next = new int[slots];
        previous = new int[slots];
        place = new int[slots];
        wanted = new int[slots];
        Array.Fill(first, None);
        Array.Fill(place, None);
    }

    /// <summary>Sequences in it.</summary>
    public int Count { get; private set; }

    /// <summary>Blocks needed before <paramref name="iteration"/> runs.</summary>
    public int BlocksAt(long iteration) => blocks[(int)(iteration % first.Length)];

    /// <summary>One sequence that needs blocks before <paramref name="iteration"/>; <see cref="None"/> where there is none.</summary>
    public int FirstAt(long iteration) => first[(int)(iteration % first.Length)];

    public void Add(int slot, long iteration, int needed)
    {
        int bucket = (int)(iteration % first.Length);
        place[slot] = bucket;
        wanted[slot] = needed;
        blocks[bucket] += needed;
        previous[slot] = None;
        next[slot] = first[bucket];
        if (first[bucket] != None)
            previous[first[bucket]] = slot;
        first[bucket] = slot;
        Count++;
    }

    public void Remove(int slot)
    {
        int bucket = place[slot];
        blocks[bucket] -= wanted[slot];
        if (previous[slot] == None)
            first[bucket] = next[slot];
        else
            next[previous[slot]] = next[slot];
        if (next[slot] != None)
            previous[next[slot]] = previous[slot];
        place[slot] = None;
        Count--;
    }
}
