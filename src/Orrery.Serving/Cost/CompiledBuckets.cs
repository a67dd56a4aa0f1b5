namespace Orrery.Serving;

/// <summary>Shapes a compiled engine has graphs for: batches and lengths in powers of two, up to the largest.</summary>
/// <param name="LargestBatch">Sequences of the largest graph.</param>
/// <param name="ShortestLength">Tokens of the smallest bucket.</param>
/// <param name="LongestLength">Tokens of the largest, the engine's context.</param>
public readonly record struct CompiledBuckets(int LargestBatch, int ShortestLength, int LongestLength)
{
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
}
