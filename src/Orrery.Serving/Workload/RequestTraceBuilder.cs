namespace Orrery.Serving;

/// <summary>Collects requests in any order; the trace has them by arrival, equal times in the order they were added.</summary>
/// <remarks>Columns that a trace has not, prefix blocks, images, conversations and classes, take nothing.</remarks>
public sealed class RequestTraceBuilder(int prefixBlockTokens = 0)
{
    private readonly ChunkedList<long> arrivals = new();
    private readonly ChunkedList<int> inputs = new();
    private readonly ChunkedList<int> outputs = new();
    private readonly ChunkedList<int> starts = new();
    private readonly ChunkedList<int> blocks = new();
    private readonly ChunkedList<ushort> images = new();
    private readonly ChunkedList<ulong> conversations = new();
    private readonly ChunkedList<byte> priorities = new();
    private long last = long.MinValue;
    private bool isSorted = true;

    /// <summary>Requests so far.</summary>
    public int Count => arrivals.Count;

    /// <summary>Adds one request; <paramref name="arrival"/> in ticks, of any origin.</summary>
    /// <param name="imageCount">Images in the prompt.</param>
    /// <param name="priority">Class of priority, 0 the first to be served.</param>
    /// <param name="conversation">A number of the conversation that the request is a turn of; 0 where it is of none.</param>
    public void Add(long arrival, int input, int output, ReadOnlySpan<int> prefixBlocks = default, int imageCount = 0, ulong conversation = 0, byte priority = 0)
    {
        isSorted &= last <= arrival;
        last = arrival;
        if (imageCount > 0 || images.Count > 0)
            Set(images, arrivals.Count, (ushort)Math.Min(imageCount, ushort.MaxValue));
        if (conversation > 0 || conversations.Count > 0)
            Set(conversations, arrivals.Count, conversation);
        if (priority > 0 || priorities.Count > 0)
            Set(priorities, arrivals.Count, priority);
        arrivals.Add(arrival);
        inputs.Add(input);
        outputs.Add(output);
        if (prefixBlockTokens == 0)
            return;
        starts.Add(blocks.Count);
        foreach (int block in prefixBlocks)
            blocks.Add(block);
    }

    /// <summary>The trace, from time 0.</summary>
    /// <param name="empties">Each column is given up as it is copied: the builder is empty then, and a large trace is in memory once.</param>
    public RequestTrace ToTrace(bool empties = false)
    {
        int[]? order = isSorted ? null : Order();
        int count = Count;
        long[] times = Ordered(arrivals.ToArray(empties, count), order);
        int[] hashes = blocks.ToArray(empties, blocks.Count);
        int[] starting = [];
        if (prefixBlockTokens > 0)
        {
            starting = starts.ToArray(empties, count + 1);
            starting[count] = hashes.Length;
        }

        if (order is not null && prefixBlockTokens > 0)
            (starting, hashes) = Reordered(order, starting, hashes);
        if (times.Length > 0)
        {
            long first = times[0];
            for (int request = 0; request < times.Length; request++)
                times[request] -= first;
        }

        ulong[] turns = Ordered(conversations.ToArray(empties, conversations.Count > 0 ? count : 0), order);
        return new RequestTrace(times, Ordered(inputs.ToArray(empties, count), order), Ordered(outputs.ToArray(empties, count), order), starting, hashes, prefixBlockTokens)
        {
            ImageCounts = Ordered(images.ToArray(empties, images.Count > 0 ? count : 0), order),
            Priorities = Ordered(priorities.ToArray(empties, priorities.Count > 0 ? count : 0), order),
            Conversations = turns.Length > 0 ? ConversationLinks.Of(turns) : null,
        };
    }

    /// <summary>Fills a column that begins at a later request with nothing before it.</summary>
    private static void Set<T>(ChunkedList<T> column, int place, T value)
        where T : struct
    {
        while (column.Count < place)
            column.Add(default);
        column.Add(value);
    }

    private int[] Order()
    {
        int[] order = new int[arrivals.Count];
        for (int place = 0; place < order.Length; place++)
            order[place] = place;
        // The place breaks ties, so the sort is stable.
        Array.Sort(order, (left, right) => arrivals[left] != arrivals[right] ? arrivals[left].CompareTo(arrivals[right]) : left.CompareTo(right));
        return order;
    }

    private static T[] Ordered<T>(T[] column, int[]? order) => order is null || column.Length == 0 ? column : Array.ConvertAll(order, place => column[place]);

    private static (int[] Starts, int[] Blocks) Reordered(int[] order, int[] starts, int[] blocks)
    {
        int[] starting = new int[order.Length + 1];
        int[] hashes = new int[blocks.Length];
        int end = 0;
        for (int place = 0; place < order.Length; place++)
        {
            for (int block = starts[order[place]]; block < starts[order[place] + 1]; block++)
                hashes[end++] = blocks[block];
            starting[place + 1] = end;
        }

        return (starting, hashes);
    }
}
