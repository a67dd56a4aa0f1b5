namespace Orrery.Serving;

/// <summary>Shapes a compiled engine has graphs for: batches and lengths in powers of two, up to the largest.</summary>
/// <param name="LargestBatch">Sequences of the largest graph.</param>
/// <param name="ShortestLength">Tokens of the smallest bucket.</param>
/// <param name="LongestLength">Tokens of the largest, the engine's context.</param>
/// <param name="DecodesAtLongest">Answers have graphs of the longest length alone, whatever is in the caches.</param>
public readonly record struct CompiledBuckets(int LargestBatch, int ShortestLength, int LongestLength, bool DecodesAtLongest = false)
{
    /// <summary>Graphs of prompts, one a length.</summary>
    public int PromptGraphs => 1 + Doublings(ShortestLength, LongestLength);

    /// <summary>Graphs of answers, one for each batch and length.</summary>
    public int DecodeGraphs => (1 + Doublings(1, LargestBatch)) * (DecodesAtLongest ? 1 : PromptGraphs);

    /// <summary>The length that sequences of so many tokens are generated at.</summary>
    public int Context(int tokens) => DecodesAtLongest ? Math.Max(tokens, LongestLength) : Length(tokens);

    /// <summary>The graph's batch for so many sequences.</summary>
    public int Batch(int sequences) => Math.Min(LargestBatch, PowerFrom(1, sequences));

    /// <summary>The graph's length for so many tokens.</summary>
    public int Length(int tokens) => Math.Max(tokens, Math.Min(LongestLength, PowerFrom(ShortestLength, tokens)));

    private static int PowerFrom(int least, int value)
    {
        long power = least;
        while (power < value)
            power *= 2;
        return (int)Math.Min(power, int.MaxValue);
    }

    private static int Doublings(int least, int most)
    {
        int doublings = 0;
        for (long power = least; power < most; power *= 2)
            doublings++;
        return doublings;
    }
}
