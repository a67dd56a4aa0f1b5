using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>Every algorithm there is. Whatever lists algorithms reads this.</summary>
public static class AlgorithmRegistry
{
    public static ImmutableArray<CollectiveAlgorithm> All { get; } =
    [
        new Ring(), new TorusRings(), new RecursiveDoubling(), new Tree(), new Direct(), new Mesh(), new KangaRing(), new InSwitch(),
        new LowLatencyProtocol(), new BulkProtocol(), new InSwitchProtocol(),
    ];

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
}
