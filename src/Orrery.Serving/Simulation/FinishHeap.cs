namespace Orrery.Serving;

/// <summary>
/// Running sequences by the decode iteration in which they end, one number each: the iteration above, the slot in the low 16 bits. Sequences that
/// were preempted stay until they come to the top, where the replica skips them.
/// </summary>
internal sealed class FinishHeap
{
    private const int SlotBits = 16;

#if DEBUG
    private long[] heap = new long[2];
#else
    private long[] heap = new long[64];
#endif
    private int count;

    public bool IsEmpty => count == 0;

    public long TopIteration => heap[0] >> SlotBits;

    public int TopSlot => (int)(heap[0] & ((1 << SlotBits) - 1));

    public void Add(long iteration, int slot)
    {
        if (count == heap.Length)
            Array.Resize(ref heap, 2 * heap.Length);
        long key = (iteration << SlotBits) | (uint)slot;
        int hole = count++;
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (heap[parent] <= key)
                break;
            heap[hole] = heap[parent];
            hole = parent;
        }

        heap[hole] = key;
    }

    public void RemoveTop()
    {
        long last = heap[--count];
        int hole = 0;
        while (true)
        {
            int child = (2 * hole) + 1;
            if (child >= count)
                break;
            if (child + 1 < count && heap[child + 1] < heap[child])
                child++;
            if (heap[child] >= last)
                break;
            heap[hole] = heap[child];
            hole = child;
        }

        heap[hole] = last;
    }
}
