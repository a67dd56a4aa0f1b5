using System.Collections.Immutable;
using Orrery.Operators;

namespace Orrery.Chips.Gpu;

/// <summary>Attention shapes that another library's kernel serves.</summary>
/// <param name="Name">Suffix of the format under which its constants are fitted.</param>
/// <param name="Families">Chip families on which this is so.</param>
/// <param name="HeadDimAbove">Head dimensions above this.</param>
/// <param name="IsWindowed">Only with a sliding window.</param>
public sealed record AttentionKernelRule(string Name, ImmutableArray<string> Families, int HeadDimAbove, bool IsWindowed)
{
    /// <summary>Whether the kernel serves this attention on a chip of the family.</summary>
    public bool Serves(in Operator work, string family) =>
        work.HeadDim > HeadDimAbove && (!IsWindowed || work.Window > 0) && Families.Contains(family);
}
