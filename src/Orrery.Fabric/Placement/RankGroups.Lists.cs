namespace Orrery.Fabric;

/// <summary>Groups that are given by their ranks or axes rather than by a plan.</summary>
public sealed partial class RankGroups
{
    /// <summary>
    /// The group of the ranks in <paramref name="ranks"/>, which ascend, in a job of <paramref name="total"/> ranks. How it lies is counted; where it lies
    /// unevenly, its smallest part at each level is what counts, as for the groups of plans.
    /// </summary>
    public RankGroup Group(ReadOnlySpan<int> ranks, int total)
    {
        if (ranks.Length <= 1)
            return _single;
        Spread(total);
        int[] fanout = new int[_domains.Length];
        int below = 1, onChip = 1;
        for (int level = 0; level < _domains.Length; level++)
        {
            int inside = Math.Max(below, level == _domains.Length - 1 ? ranks.Length : SmallestPart(ranks, _domains[level]));

            // Uneven parts: as many of the smallest as it takes to hold the whole.
            int members = (inside + below - 1) / below;
            fanout[level] = members;
            below *= members;
            if (_domains[level] <= _ranksPerChip)
                onChip = below;
        }

        return Intern(fanout, Math.Max(1, _ranksPerChip / onChip), ranks.Length);
    }

    /// <summary>
    /// The group whose ranks form a grid, as pairs of stride and degree, in a job of <paramref name="total"/> ranks that is cut into such groups.
    /// </summary>
    public RankGroup Group(ReadOnlySpan<(int Stride, int Degree)> axes, int total)
    {
        Spread(total);
        Axis[] list = new Axis[axes.Length];
        for (int axis = 0; axis < axes.Length; axis++)
            list[axis] = new Axis(axes[axis].Stride, axes[axis].Degree);
        return list.Length == 2 ? Group(list[0], list[1], total) : Group(list.AsSpan(), total);
    }

    /// <summary>Fewest of the ranks that share a domain of <paramref name="domain"/> ranks, of the domains that hold any.</summary>
    private static int SmallestPart(ReadOnlySpan<int> ranks, int domain)
    {
        int smallest = ranks.Length, here = 0, last = -1;
        foreach (int rank in ranks)
        {
            int at = rank / domain;
            if (at != last && last >= 0)
            {
                smallest = Math.Min(smallest, here);
                here = 0;
            }

            here++;
            last = at;
        }

        return Math.Min(smallest, here);
    }
}
