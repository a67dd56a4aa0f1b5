using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>
/// Requests in the order of their arrival. Dense arrays, one entry a request, because a trace has millions of them and a simulation walks them
/// once: 16 bytes a request, 4 more for each prefix block.
/// </summary>
public sealed class RequestTrace
{
    /// <summary>Ticks of a second: the clock of a serving run counts picoseconds, which span 106 days.</summary>
    public const double TicksPerSecond = 1e12;

    private readonly long[] arrivals;
    private readonly int[] inputs;
    private readonly int[] outputs;
    private readonly int[] blockStarts;
    private readonly int[] blocks;
    private readonly byte[] priorities = [];

    /// <summary>A trace over arrays of one length; <paramref name="arrivals"/> ascend from 0.</summary>
    /// <param name="blockStarts">Where the prefix blocks of each request begin in <paramref name="blocks"/>, one entry more than requests; empty without prefixes.</param>
    public RequestTrace(long[] arrivals, int[] inputs, int[] outputs, int[]? blockStarts = null, int[]? blocks = null, int prefixBlockTokens = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.Length, arrivals.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outputs.Length, arrivals.Length);
        this.arrivals = arrivals;
        this.inputs = inputs;
        this.outputs = outputs;
        this.blockStarts = blockStarts ?? [];
        this.blocks = blocks ?? [];
        PrefixBlockTokens = prefixBlockTokens;
    }

    /// <summary>Requests.</summary>
    public int Count => arrivals.Length;

    /// <summary>Arrival of each request, in ticks from the first.</summary>
    public ReadOnlySpan<long> Arrivals => arrivals;

    /// <summary>Prompt tokens, at least 1.</summary>
    public ReadOnlySpan<int> Inputs => inputs;

    /// <summary>Tokens to be generated, at least 1.</summary>
    public ReadOnlySpan<int> Outputs => outputs;

    /// <summary>Tokens of one prefix block; 0 where the trace says nothing of prefixes.</summary>
    public int PrefixBlockTokens { get; }

    /// <summary>Hashes of the prompt's blocks: equal hashes at the front of two prompts are equal text.</summary>
    public ReadOnlySpan<int> PrefixBlocks(int request) =>
        blockStarts.Length == 0 ? default
        : blocks.AsSpan(blockStarts[request], BlockCounts.Length == 0 ? blockStarts[request + 1] - blockStarts[request] : BlockCounts[request]);

    /// <summary>Blocks of each request, where requests share the beginning of one list; empty where each list ends where the next begins.</summary>
    public int[] BlockCounts { get; init; } = [];

    /// <summary>Images in the prompt of each request, whose tokens are among those of the prompt; empty where there are none.</summary>
    public ushort[] ImageCounts { get; init; } = [];

    /// <summary>Which requests are turns of one conversation; null where the trace says nothing of it.</summary>
    public ConversationLinks? Conversations { get; init; }

    /// <summary>
    /// The blocks of a request go on over its answer, and those of its answer are the text that a further turn begins with: made-up conversations. Blocks of a
    /// trace end with the prompt.
    /// </summary>
    public bool BlocksCoverAnswers { get; init; }

    /// <summary>Images in the prompt.</summary>
    public int Images(int request) => ImageCounts.Length == 0 ? 0 : ImageCounts[request];

    /// <summary>Most classes of priority.</summary>
    public const int MostClasses = 16;

    /// <summary>The class of each request, 0 the first to be served; empty where all are alike.</summary>
    public byte[] Priorities
    {
        get => priorities;
        init
        {
            int most = 0;
            foreach (byte one in value)
                most = Math.Max(most, one);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(most, MostClasses);
            priorities = most > 0 ? value : [];
            Classes = most + 1;
        }
    }

    /// <summary>Classes of priority; 1 where all are alike.</summary>
    public int Classes { get; private init; } = 1;

    /// <summary>The class of a request.</summary>
    public int PriorityOf(int request) => priorities.Length == 0 ? 0 : priorities[request];

    /// <summary>The same requests with classes of priority, one for each.</summary>
    public RequestTrace WithPriorities(byte[] classes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(classes.Length, Count);
        return Like(arrivals, classes, Conversations);
    }

    /// <summary>Prompt tokens of all requests.</summary>
    public long TotalInput => Sum(inputs);

    /// <summary>Generated tokens of all requests.</summary>
    public long TotalOutput => Sum(outputs);

    /// <summary>The requests for which <paramref name="keep"/> holds (input tokens, output tokens), at their own times.</summary>
    public RequestTrace Where(Func<int, int, bool> keep)
    {
        List<long> times = [];
        List<int> prompts = [];
        List<int> answers = [];
        List<int> starts = blockStarts.Length == 0 ? [] : [0];
        List<int> kept = [];
        List<int> places = [];
        for (int request = 0; request < Count; request++)
        {
            if (!keep(inputs[request], outputs[request]))
                continue;
            places.Add(request);
            times.Add(arrivals[request]);
            prompts.Add(inputs[request]);
            answers.Add(outputs[request]);
            if (blockStarts.Length > 0)
            {
                kept.AddRange(PrefixBlocks(request));
                starts.Add(kept.Count);
            }
        }

        long first = times.Count > 0 ? times[0] : 0;
        for (int request = 0; request < times.Count; request++)
            times[request] -= first;
        return new RequestTrace([.. times], [.. prompts], [.. answers], blockStarts.Length == 0 ? null : [.. starts], [.. kept], PrefixBlockTokens)
        {
            ImageCounts = ImageCounts.Length == 0 ? [] : [.. places.Select(place => ImageCounts[place])],
            Conversations = Conversations?.Where(places),
            BlocksCoverAnswers = BlocksCoverAnswers,
            Priorities = priorities.Length == 0 ? [] : [.. places.Select(place => priorities[place])],
        };
    }

    /// <summary>The same requests <paramref name="factor"/> times as fast after one another.</summary>
    public RequestTrace Faster(double factor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(factor);
        long[] times = new long[Count];
        for (int request = 0; request < Count; request++)
            times[request] = (long)Math.Round(arrivals[request] / factor);
        return At(times);
    }

    /// <summary>The same requests with so many images before each prompt, of <paramref name="tokens"/> tokens each, which the prompt has more.</summary>
    /// <param name="passes">Passes of a vision tower for each image: one, or one a tile.</param>
    public RequestTrace WithImages(int images, int tokens, int passes)
    {
        int[] longer = Array.ConvertAll(inputs, input => input + (images * tokens));
        ushort[] counts = new ushort[Count];
        Array.Fill(counts, (ushort)Math.Min(ushort.MaxValue, images * passes));
        return new RequestTrace(arrivals, longer, outputs, blockStarts, blocks, PrefixBlockTokens)
        {
            BlockCounts = BlockCounts,
            ImageCounts = counts,
            Conversations = Conversations,
            BlocksCoverAnswers = BlocksCoverAnswers,
            Priorities = priorities,
        };
    }

    /// <summary>The same requests as turns of conversations.</summary>
    public RequestTrace With(ConversationLinks? conversations) => Like(arrivals, priorities, conversations);

    /// <summary>The same requests at other times, which ascend from 0.</summary>
    public RequestTrace At(long[] times)
    {
        ArgumentNullException.ThrowIfNull(times);
        return Like(times, priorities, Conversations);
    }

    private RequestTrace Like(long[] times, byte[] classes, ConversationLinks? conversations) => new(times, inputs, outputs, blockStarts, blocks, PrefixBlockTokens)
    {
        BlockCounts = BlockCounts,
        ImageCounts = ImageCounts,
        Conversations = conversations,
        BlocksCoverAnswers = BlocksCoverAnswers,
        Priorities = classes,
    };

    private static long Sum(int[] counts)
    {
        long sum = 0;
        foreach (int count in counts)
            sum += count;
        return sum;
    }
}
