namespace Orrery.Serving;

/// <summary>Requests by arrival, equal times in order of request: a binary heap of structs that grows to the most that wait at once.</summary>
internal sealed class ArrivalHeap
{
#if DEBUG
    private (long Time, int Request)[] heap = new (long, int)[2];
#else
    private (long Time, int Request)[] heap = new (long, int)[64];
#endif

    public int Count { get; private set; }

    /// <summary>The earliest arrival; the largest time where there is none.</summary>
    public long NextTime => Count > 0 ? heap[0].Time : long.MaxValue;

    public void Add(long time, int request)
    {
        if (Count == heap.Length)
            Array.Resize(ref heap, 2 * heap.Length);
        int hole = Count++;
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (!IsBefore(time, request, heap[parent]))
                break;
            heap[hole] = heap[parent];
            hole = parent;
        }

        heap[hole] = (time, request);
    }

    public int Take(out long time)
    {
        (time, int request) = heap[0];
        (long lastTime, int lastRequest) = heap[--Count];
        int hole = 0;
        while (true)
        {
            int child = (2 * hole) + 1;
            if (child >= Count)
                break;
            if (child + 1 < Count && IsBefore(heap[child + 1].Time, heap[child + 1].Request, heap[child]))
                child++;
            if (!IsBefore(heap[child].Time, heap[child].Request, (lastTime, lastRequest)))
                break;
            heap[hole] = heap[child];
            hole = child;
        }

        heap[hole] = (lastTime, lastRequest);
        return request;
    }

    private static bool IsBefore(long time, int request, (long Time, int Request) other) =>
        time < other.Time || (time == other.Time && request < other.Request);
}
