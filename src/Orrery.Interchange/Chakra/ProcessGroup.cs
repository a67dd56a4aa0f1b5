using System.Collections.Immutable;

namespace Orrery.Interchange;

/// <summary>One axis of a process group whose ranks form a grid.</summary>
/// <param name="Stride">Distance between neighbours, in ranks.</param>
/// <param name="Degree">Ranks along it.</param>
public readonly record struct GroupAxis(int Stride, int Degree);

/// <summary>The ranks of a process group: as a list, or, where a trace stands for many ranks, as axes from the rank of the trace.</summary>
/// <param name="Ranks">In order; empty for all ranks, or where <paramref name="Axes"/> say.</param>
/// <param name="Axes">Empty where the ranks are listed.</param>
public sealed record ProcessGroup(ImmutableArray<int> Ranks, ImmutableArray<GroupAxis> Axes)
{
    /// <summary>All ranks of the job.</summary>
    public static ProcessGroup All { get; } = new([], []);

    public bool IsAll => Ranks.IsEmpty && Axes.IsEmpty;

    public bool Equals(ProcessGroup? other) => other is not null && Ranks.AsSpan().SequenceEqual(other.Ranks.AsSpan()) && Axes.AsSpan().SequenceEqual(other.Axes.AsSpan());

    public override int GetHashCode()
    {
        // A plain polynomial: must not differ between runs, as HashCode does.
        int hash = Ranks.Length;
        foreach (int rank in Ranks)
            hash = unchecked((hash * 31) + rank);
        foreach (GroupAxis axis in Axes)
            hash = unchecked((((hash * 31) + axis.Stride) * 31) + axis.Degree);
        return hash;
    }
}
