namespace Orrery.Serving;

/// <summary>First in, first out, in a ring that grows; the last can be taken back.</summary>
internal sealed class IntQueue
{
#if DEBUG
    private int[] ring = new int[2];
#else
    private int[] ring = new int[64];
#endif
    private int head;

    public int Count { get; private set; }

    /// <summary>The <paramref name="place"/>-th from the front.</summary>
    public int this[int place] => ring[(head + place) & (ring.Length - 1)];

    public void Add(int value)
    {
        if (Count == ring.Length)
            Grow();
        ring[(head + Count++) & (ring.Length - 1)] = value;
    }

    public int Take()
    {
        int value = ring[head];
        head = (head + 1) & (ring.Length - 1);
        Count--;
        return value;
    }

    /// <summary>Takes the <paramref name="place"/>-th from the front out; those before it stay in their order.</summary>
    public void RemoveAt(int place)
    {
        for (int behind = place; behind > 0; behind--)
            ring[(head + behind) & (ring.Length - 1)] = ring[(head + behind - 1) & (ring.Length - 1)];
        Take();
    }

    public int TakeLast() => ring[(head + --Count) & (ring.Length - 1)];

    /// <summary>Takes one out from wherever it stands; it has to be there.</summary>
    public void Remove(int value)
    {
        int place = 0;
        while (this[place] != value)
            place++;
        for (; place + 1 < Count; place++)
            ring[(head + place) & (ring.Length - 1)] = this[place + 1];
        Count--;
    }

    private void Grow()
    {
        int[] larger = new int[2 * ring.Length];
        for (int place = 0; place < Count; place++)
            larger[place] = this[place];
        ring = larger;
        head = 0;
    }
}
