namespace Orrery.Serving;

/// <summary>Collects requests in any order; the trace has them by arrival, equal times in the order they were added.</summary>
public sealed class RequestTraceBuilder(int prefixBlockTokens = 0)
{
    private readonly List<long> arrivals = [];
    private readonly List<int> inputs = [];
    private readonly List<int> outputs = [];
    private readonly List<int> starts = [0];
    private readonly List<int> blocks = [];
    private bool isSorted = true;

    /// <summary>Requests so far.</summary>
    public int Count => arrivals.Count;

    /// <summary>Adds one request; <paramref name="arrival"/> in ticks, of any origin.</summary>
    public void Add(long arrival, int input, int output, ReadOnlySpan<int> prefixBlocks = default)
    {
        isSorted &= arrivals.Count == 0 || arrivals[^1] <= arrival;
        arrivals.Add(arrival);
        inputs.Add(input);
        outputs.Add(output);
        blocks.AddRange(prefixBlocks);
        starts.Add(blocks.Count);
    }

    /// <summary>The trace, from time 0.</summary>
    public RequestTrace ToTrace()
    {
        long[] times = [.. arrivals];
        int[] prompts = [.. inputs];
        int[] answers = [.. outputs];
        int[]? starting = prefixBlockTokens > 0 ? [.. starts] : null;
        int[]? hashes = prefixBlockTokens > 0 ? [.. blocks] : null;
        if (!isSorted)
        {
            int[] order = new int[times.Length];
            for (int place = 0; place < order.Length; place++)
                order[place] = place;
            // The place breaks ties, so the sort is stable.
            Array.Sort(order, (left, right) => times[left] != times[right] ? times[left].CompareTo(times[right]) : left.CompareTo(right));
            times = Array.ConvertAll(order, place => arrivals[place]);
            prompts = Array.ConvertAll(order, place => inputs[place]);
            answers = Array.ConvertAll(order, place => outputs[place]);
            if (prefixBlockTokens > 0)
                (starting, hashes) = Reordered(order);
        }

        if (times.Length > 0)
        {
            long first = times[0];
            for (int request = 0; request < times.Length; request++)
                times[request] -= first;
        }

        return new RequestTrace(times, prompts, answers, starting, hashes, prefixBlockTokens);
    }

    private (int[] Starts, int[] Blocks) Reordered(int[] order)
    {
        int[] starting = new int[order.Length + 1];
        int[] hashes = new int[blocks.Count];
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
