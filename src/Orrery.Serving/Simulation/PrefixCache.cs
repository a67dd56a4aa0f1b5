namespace Orrery.Serving;

/// <summary>
/// Blocks of prompts that are kept after their request, by the hash of their text: counted references, and the least recently used first to go. Blocks of
/// one prompt are given back last block first, so a prefix loses its end before its beginning.
/// </summary>
/// <remarks>Entries are array elements on one of two lists, free or unused; nothing is allocated once the arrays have grown to the most that was kept.</remarks>
internal sealed class PrefixCache
{
    private const int None = -1;

    private readonly Dictionary<int, int> places = [];
#if DEBUG
    private Entry[] entries = new Entry[2];
#else
    private Entry[] entries = new Entry[256];
#endif
    private int firstFree;
    private int oldest = None;
    private int newest = None;

    public PrefixCache()
    {
        for (int place = 0; place < entries.Length; place++)
            entries[place].Next = place + 1 < entries.Length ? place + 1 : None;
    }

    /// <summary>Blocks kept, in use or not.</summary>
    public int Count => places.Count;

    /// <summary>Blocks that no running request uses.</summary>
    public int Unused { get; private set; }

    /// <summary>How many of the first blocks are here.</summary>
    /// <param name="unused">Those of them that nobody uses now.</param>
    public int LongestPrefix(ReadOnlySpan<int> hashes, out int unused)
    {
        unused = 0;
        int length = 0;
        while (length < hashes.Length && places.TryGetValue(hashes[length], out int place))
        {
            unused += entries[place].References == 0 ? 1 : 0;
            length++;
        }

        return length;
    }

    public bool Holds(int hash) => places.ContainsKey(hash);

    /// <summary>Uses a block that is here, or keeps a new one; true where it was here.</summary>
    public bool Use(int hash)
    {
        if (places.TryGetValue(hash, out int place))
        {
            if (entries[place].References++ == 0)
            {
                Unlink(place);
                Unused--;
            }

            return true;
        }

        if (firstFree == None)
            Grow();
        place = firstFree;
        firstFree = entries[place].Next;
        entries[place] = new Entry { Hash = hash, References = 1, Previous = None, Next = None };
        places.Add(hash, place);
        return false;
    }

    /// <summary>Gives a block back; it stays until room is short, unless it <paramref name="isUnfinished"/>, when it goes with its last user.</summary>
    public bool Release(int hash, bool isUnfinished)
    {
        int place = places[hash];
        if (--entries[place].References > 0)
            return false;
        if (isUnfinished)
        {
            Drop(place);
            return true;
        }

        entries[place].Previous = newest;
        entries[place].Next = None;
        if (newest == None)
            oldest = place;
        else
            entries[newest].Next = place;
        newest = place;
        Unused++;
        return false;
    }

    /// <summary>Drops the block that was unused longest, and says which.</summary>
    public int Evict()
    {
        int place = oldest;
        int hash = entries[place].Hash;
        Unlink(place);
        Unused--;
        Drop(place);
        return hash;
    }

    /// <summary>Keeps a block that nobody uses.</summary>
    public void Keep(int hash)
    {
        if (!Use(hash))
            Release(hash, isUnfinished: false);
    }

    /// <summary>Drops a block that nobody uses, where it is here.</summary>
    public void Remove(int hash)
    {
        if (!places.TryGetValue(hash, out int place))
            return;
        Unlink(place);
        Unused--;
        Drop(place);
    }

    private void Drop(int place)
    {
        places.Remove(entries[place].Hash);
        entries[place].Next = firstFree;
        firstFree = place;
    }

    private void Unlink(int place)
    {
        (int previous, int next) = (entries[place].Previous, entries[place].Next);
        if (previous == None)
            oldest = next;
        else
            entries[previous].Next = next;
        if (next == None)
            newest = previous;
        else
            entries[next].Previous = previous;
    }

    private void Grow()
    {
        int before = entries.Length;
        Array.Resize(ref entries, 2 * before);
        for (int place = before; place < entries.Length; place++)
            entries[place].Next = place + 1 < entries.Length ? place + 1 : None;
        firstFree = before;
    }

    private struct Entry
    {
        public int Hash;
        public int References;
        public int Previous;
        public int Next;
    }
}
