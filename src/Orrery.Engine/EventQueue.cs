using System.Diagnostics.CodeAnalysis;

namespace Orrery.Engine;

/// <summary>
/// Pending events ordered by (time, <see cref="EventPriority"/>, order of scheduling), and the clock they drive. Allocates only when it
/// outgrows its largest size so far.
/// </summary>
/// <remarks>
/// A 4-ary heap of structs: half the depth of a binary heap, and the four children lie in at most two or three cache lines. The framework's
/// <c>PriorityQueue</c> is not stable and took twice the time once the sequence number was made part of its key.
/// </remarks>
public sealed class EventQueue<TPayload>
    where TPayload : struct
{
#if DEBUG
    // Tiny, so that growth is exercised by every test.
    private const int DefaultCapacity = 2;
#else
    private const int DefaultCapacity = 256;
#endif

    private const int Arity = 4;
    private const int SequenceBits = 56;

    private Entry[] _heap;
    private int _count;
    private ulong _sequence;

    /// <summary>An empty queue at tick 0 that holds <paramref name="capacity"/> events before it first grows.</summary>
    public EventQueue(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _heap = new Entry[Math.Max(capacity, 1)];
    }

    /// <summary>Events waiting.</summary>
    public int Count => _count;

    /// <summary>Tick of the event last taken out; 0 before the first.</summary>
    public long Now { get; private set; }

    /// <summary>Adds an event. A <paramref name="time"/> before <see cref="Now"/> throws.</summary>
    public void Schedule(long time, EventPriority priority, in TPayload payload)
    {
        if (time < Now)
            Throw.EventInThePast(time, Now);
        if (_count == _heap.Length)
            Array.Resize(ref _heap, _heap.Length * 2);

        // Priority above sequence in one word: one comparison decides both. 2^56 events are out of reach of any run.
        ulong rank = ((ulong)priority << SequenceBits) | _sequence++;
        int hole = _count++;
        Entry[] heap = _heap;
        while (hole > 0)
        {
            int parent = (hole - 1) / Arity;
            ref Entry above = ref heap[parent];
            if (above.Time < time || (above.Time == time && above.Rank < rank))
                break;
            heap[hole] = above;
            hole = parent;
        }

        heap[hole] = new Entry(time, rank, payload);
    }

    /// <summary>Takes out the first event and moves <see cref="Now"/> to it; false where none is left.</summary>
    public bool TryTake([MaybeNullWhen(false)] out ScheduledEvent<TPayload> next)
    {
        if (_count == 0)
        {
            next = default;
            return false;
        }

        Entry[] heap = _heap;
        ref Entry first = ref heap[0];
        next = new ScheduledEvent<TPayload>(first.Time, (EventPriority)(first.Rank >> SequenceBits), first.Payload);
        Now = first.Time;
        int count = --_count;
        if (count > 0)
            SinkFromTop(heap, count);
        heap[count] = default;
        return true;
    }

    /// <summary>Tick of the first event; false where none is left.</summary>
    public bool TryPeekTime(out long time)
    {
        time = _count > 0 ? _heap[0].Time : 0;
        return _count > 0;
    }

    /// <summary>Forgets all events and sets the clock back to 0. Keeps the memory.</summary>
    public void Clear()
    {
        Array.Clear(_heap, 0, _count);
        _count = 0;
        _sequence = 0;
        Now = 0;
    }

    private static void SinkFromTop(Entry[] heap, int count)
    {
        Entry moved = heap[count];
        int hole = 0;
        while (true)
        {
            int child = (hole * Arity) + 1;
            if (child >= count)
                break;
            int last = Math.Min(child + Arity, count);
            int least = child;
            for (int candidate = child + 1; candidate < last; candidate++)
            {
                if (heap[candidate].IsBefore(in heap[least]))
                    least = candidate;
            }

            if (!heap[least].IsBefore(in moved))
                break;
            heap[hole] = heap[least];
            hole = least;
        }

        heap[hole] = moved;
    }

    private readonly struct Entry(long time, ulong rank, TPayload payload)
    {
        public readonly long Time = time;
        public readonly ulong Rank = rank;
        public readonly TPayload Payload = payload;

        public bool IsBefore(in Entry other) => Time < other.Time || (Time == other.Time && Rank < other.Rank);
    }
}
