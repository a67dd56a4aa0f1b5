using System.Collections.Immutable;

namespace Orrery.Chips.Gpu;

/// <summary>Which decode kernels a library has and how it chooses among them.</summary>
/// <param name="Library">The library; empty is any.</param>
/// <param name="Families">Chip families; empty is any.</param>
/// <param name="WithoutGroup">Choice where every query head has its own KV head.</param>
/// <param name="WithGroup">Choice where a KV head serves several.</param>
/// <param name="LargestGroup">Most query heads a KV head that the grouped kernel takes; 0 is what the structure says.</param>
/// <param name="IsSplit">Whether the cache of a sequence may be cut over several blocks.</param>
public sealed record DecodeRule(
    string Library, ImmutableArray<string> Families, DecodeKernel WithoutGroup, DecodeKernel WithGroup, int LargestGroup, bool IsSplit);
