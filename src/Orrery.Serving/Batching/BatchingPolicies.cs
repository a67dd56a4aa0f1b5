using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>Every batching policy there is.</summary>
public static class BatchingPolicies
{
    public static ImmutableArray<BatchingPolicy> All { get; } = [new MixedBatching(), new MixedWholePrompts(), new PrefillFirst(), new OnePromptFirst(), new OneChunkFirst(), new DecodeFirst()];

    /// <summary>Their words.</summary>
    public static ImmutableArray<string> Names { get; } = [.. All.Select(static policy => policy.Name)];

    /// <summary>The policy of that name.</summary>
    public static BatchingPolicy Find(string name)
    {
        foreach (BatchingPolicy policy in All)
        {
            if (policy.Name == name)
                return policy;
        }

        throw new ArgumentException($"no batching policy is called '{name}'", nameof(name));
    }
}
