using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>Which of the two decode kernels the library takes.</summary>
public enum DecodeKernel : byte
{
    /// <summary>The one that handles the query heads of a KV head together.</summary>
    Grouped,

    /// <summary>The one that handles each query head alone.</summary>
    Single,

    /// <summary>The faster of the two.</summary>
    Faster,
}

/// <summary>What decode kernels can choose from and how the library chooses; not fitted. From <c>data/calibration/operators.yaml</c>.</summary>
/// <param name="Splits">Parts into which the cache may be cut, ascending from 1.</param>
/// <param name="GroupedTile">Tokens a block of the grouped kernel takes at a time.</param>
/// <param name="SingleTile">Tokens a block of the single kernel takes at a time.</param>
/// <param name="GroupedHeads">Query heads that one block of the grouped kernel can hold.</param>
/// <param name="LargestGroup">Largest number of query heads a KV head for which the grouped kernel exists; beyond it the single one runs.</param>
/// <param name="WithoutGroup">Choice where every query head has its own KV head.</param>
/// <param name="WithGroup">Choice in between.</param>
public sealed record DecodeStructure(
    ImmutableArray<int> Splits,
    int GroupedTile,
    int SingleTile,
    int GroupedHeads,
    int LargestGroup,
    DecodeKernel WithoutGroup,
    DecodeKernel WithGroup);
