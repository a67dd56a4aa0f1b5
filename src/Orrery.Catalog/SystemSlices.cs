using System.Collections.Immutable;
using System.Globalization;

namespace Orrery.Catalog;

/// <summary>
/// Cuts a system whose scale-up torus is rented in slices down to the slice a job gets: other sides, and rings only where the slice closes.
/// </summary>
/// <remarks>
/// A slice of whole building blocks closes on every side, since optical switches join its ends; any other slice closes on the sides that are as long
/// as the whole torus. Source of the rule: jax-ml/scaling-book, tpus.md, and the pages of each TPU generation.
/// </remarks>
public static class SystemSlices
{
    /// <summary>
    /// The system as a job of <paramref name="chips"/> sees it: one slice of that many chips, of the shape nearest to a cube, or else as many as it takes of the
    /// largest slice whose chips divide the job's. The system itself where it has no slices or none divides the job.
    /// </summary>
    public static SystemDescription Fit(SystemDescription system, int chips)
    {
        ArgumentNullException.ThrowIfNull(system);
        int index = SlicedLevel(system);
        if (index < 0 || chips <= 0)
        {
            return system;
        }

        LevelDescription level = system.Levels[index];
        ImmutableArray<int> best = [];
        int bestCount = 0;
        foreach (ImmutableArray<int> shape in Shapes(level))
        {
            int count = Count(shape);
            if (chips % count == 0 && (count > bestCount || (count == bestCount && shape[^1] < best[^1])))
            {
                (best, bestCount) = (shape, count);
            }
        }

        return bestCount == 0 ? system : Cut(system, index, best);
    }

    /// <summary>The system with the slice of <paramref name="shape"/> for its domain; null where the system has no such slice.</summary>
    public static SystemDescription? Cut(SystemDescription system, ImmutableArray<int> shape)
    {
        ArgumentNullException.ThrowIfNull(system);
        int index = SlicedLevel(system);
        if (index < 0)
        {
            return null;
        }

        ImmutableArray<int> ascending = shape.Sort();
        return Shapes(system.Levels[index]).Any(legal => legal.AsSpan().SequenceEqual(ascending.AsSpan())) ? Cut(system, index, ascending) : null;
    }

    /// <summary>What slices there are, for messages: <c>2x2x1, 2x2x2 and multiples of 4x4x4 up to 16x16x24</c>; empty where there are none.</summary>
    public static string Describe(SystemDescription system)
    {
        ArgumentNullException.ThrowIfNull(system);
        int index = SlicedLevel(system);
        if (index < 0)
        {
            return "";
        }

        LevelDescription level = system.Levels[index];
        string listed = string.Join(", ", level.Slices.Select(Text));
        string whole = Text(level.Dimensions);
        return level.SliceBlock.IsEmpty ? $"{listed} and {whole}" : $"{listed} and multiples of {Text(level.SliceBlock)} up to {whole}";
    }

    /// <summary><c>4x4x8</c>.</summary>
    public static string Text(ImmutableArray<int> shape) => string.Join('x', shape.Select(static side => side.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Reads <c>4x4x8</c>; null for anything else.</summary>
    public static ImmutableArray<int>? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split('x');
        if (words.Length is < 2 or > 3)
        {
            return null;
        }

        int[] sides = new int[words.Length];
        for (int index = 0; index < sides.Length; index++)
        {
            if (words[index].Length is 0 or > 4 || !int.TryParse(words[index], NumberStyles.None, CultureInfo.InvariantCulture, out sides[index]) || sides[index] == 0)
            {
                return null;
            }
        }

        return [.. sides];
    }

    private static int SlicedLevel(SystemDescription system)
    {
        for (int index = 0; index < system.Levels.Length; index++)
        {
            if (!system.Levels[index].Slices.IsEmpty || !system.Levels[index].SliceBlock.IsEmpty)
            {
                return index;
            }
        }

        return -1;
    }

    /// <summary>Every legal shape, sides ascending: those listed, whole blocks, and the whole torus.</summary>
    private static IEnumerable<ImmutableArray<int>> Shapes(LevelDescription level)
    {
        ImmutableArray<int> whole = level.Dimensions.Sort();
        foreach (ImmutableArray<int> shape in level.Slices)
        {
            yield return shape.Sort();
        }

        if (level.SliceBlock.IsEmpty)
        {
            yield return whole;
            yield break;
        }

        int[] times = new int[whole.Length];
        Array.Fill(times, 1);
        for (int side = 0; side >= 0;)
        {
            int[] sides = [.. times.Select((count, at) => count * level.SliceBlock[at])];
            Array.Sort(sides);
            if (Enumerable.Range(0, sides.Length).All(at => sides[at] <= whole[at]))
            {
                yield return [.. sides];
            }

            // Counts up like the digits of a number.
            for (side = times.Length - 1; side >= 0 && times[side] * level.SliceBlock[side] >= whole[^1]; side--)
            {
                times[side] = 1;
            }

            if (side >= 0)
            {
                times[side]++;
            }
        }
    }

    private static SystemDescription Cut(SystemDescription system, int index, ImmutableArray<int> shape)
    {
        LevelDescription level = system.Levels[index];
        bool blocks = !level.SliceBlock.IsEmpty && !level.Slices.Any(listed => listed.Sort().AsSpan().SequenceEqual(shape.AsSpan()));
        int longest = level.Dimensions.Max();
        int count = Count(shape);
        LevelDescription slice = level with
        {
            Size = count,
            Dimensions = shape,
            OpenSides = [.. shape.Select(side => !blocks && side < longest)],
            Slices = [],
            SliceBlock = [],
        };
        return system with
        {
            Levels = system.Levels.SetItem(index, slice),
            ChipsPerServer = Math.Min(system.ChipsPerServer, count),
            ChipsPerScaleUpDomain = count,
            AllocationUnit = count,
        };
    }

    private static int Count(ImmutableArray<int> shape)
    {
        int count = 1;
        foreach (int side in shape)
        {
            count *= side;
        }

        return count;
    }
}
