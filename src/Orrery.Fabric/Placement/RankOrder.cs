using System.Collections.Immutable;

namespace Orrery.Fabric;

/// <summary>
/// The order in which the axes of a plan are laid on consecutive ranks, innermost first: <c>tp-cp-ep-dp-pp</c> puts the ranks of a tensor
/// group side by side and the stages of a pipeline farthest apart. Five axes, each once; <c>ep</c> orders the expert grid and <c>cp</c> the
/// dense one, the rest both.
/// </summary>
public sealed record RankOrder
{
    private static readonly string[] Words = ["tp", "cp", "ep", "dp", "pp"];

    private RankOrder(ImmutableArray<ParallelAxis> axes) => Axes = axes;

    /// <summary><c>tp-cp-ep-dp-pp</c>.</summary>
    public static RankOrder Default { get; } =
        new([ParallelAxis.Tensor, ParallelAxis.Context, ParallelAxis.Expert, ParallelAxis.Data, ParallelAxis.Pipeline]);

    /// <summary>Innermost first.</summary>
    public ImmutableArray<ParallelAxis> Axes { get; }

    /// <summary>
    /// Reads the text form. Axes left out stand where the default order has them, outside those given; so <c>tp-dp</c> is
    /// <c>tp-dp-cp-ep-pp</c>. On failure <paramref name="problem"/> says what was expected.
    /// </summary>
    public static bool TryParse(string text, out RankOrder order, out string problem)
    {
        order = Default;
        problem = "";
        List<ParallelAxis> axes = [];
        foreach (string word in text.Split('-'))
        {
            int index = Array.FindIndex(Words, known => string.Equals(known, word.Trim(), StringComparison.OrdinalIgnoreCase));
            if (index < 0)
            {
                problem = $"'{word}' is not an axis; expected tp, cp, ep, dp and pp joined by '-', innermost first";
                return false;
            }

            if (axes.Contains((ParallelAxis)index))
            {
                problem = $"'{word}' stands twice in the order '{text}'";
                return false;
            }

            axes.Add((ParallelAxis)index);
        }

        foreach (ParallelAxis axis in Default.Axes)
        {
            if (!axes.Contains(axis))
                axes.Add(axis);
        }

        order = new RankOrder([.. axes]);
        return true;
    }

    /// <summary>Ranks between neighbours on each axis, by axis, where <paramref name="absent"/> takes no part in the grid.</summary>
    /// <param name="absent">The axis of the other grid: experts in the dense one, context in the experts'.</param>
    /// <param name="degrees">Ranks along each axis, in the order of <see cref="ParallelAxis"/>.</param>
    public int[] Strides(ParallelAxis absent, params ReadOnlySpan<int> degrees)
    {
        int[] strides = new int[degrees.Length];
        int stride = 1;
        foreach (ParallelAxis axis in Axes)
        {
            strides[(int)axis] = stride;
            if (axis != absent)
                stride *= degrees[(int)axis];
        }

        return strides;
    }

    public bool Equals(RankOrder? other) => other is not null && Axes.AsSpan().SequenceEqual(other.Axes.AsSpan());

    public override int GetHashCode()
    {
        int hash = 0;
        foreach (ParallelAxis axis in Axes)
            hash = (hash * 5) + (int)axis;
        return hash;
    }

    public override string ToString() => string.Join('-', Axes.Select(static axis => Words[(int)axis]));
}
