using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>Every algorithm there is: each file of the folder <c>Algorithms</c>, listed by the build. Whatever lists algorithms reads this.</summary>
public static partial class AlgorithmRegistry
{
    /// <summary>By name.</summary>
    public static ImmutableArray<CollectiveAlgorithm> All { get; } = Sorted();

    /// <summary>Those whose constants are fitted on benchmarks, start-up included.</summary>
    public static ImmutableArray<CollectiveAlgorithm> Fitted { get; } = [.. All.Where(static algorithm => algorithm.IncludesLaunch)];

    /// <summary>The algorithm of this name, or null.</summary>
    public static CollectiveAlgorithm? Find(string name)
    {
        foreach (CollectiveAlgorithm algorithm in All)
        {
            if (string.Equals(algorithm.Name, name, StringComparison.OrdinalIgnoreCase))
                return algorithm;
        }

        return null;
    }

    // The order of files differs between machines; that of names does not, and ties between algorithms go to the first.
    private static ImmutableArray<CollectiveAlgorithm> Sorted()
    {
        CollectiveAlgorithm[] all = Listed();
        Array.Sort(all, static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return ImmutableArray.Create(all);
    }
}
