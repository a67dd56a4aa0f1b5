namespace Orrery.Units;

/// <summary>How many single-letter slips apart two words are; the measure behind "did you mean".</summary>
public static class EditDistance
{
    /// <summary>
    /// Insertions, deletions, substitutions and swaps of neighbours that turn <paramref name="left"/> into <paramref name="right"/>
    /// (optimal string alignment). Words over 64 letters compare as their first 64.
    /// </summary>
    public static int Between(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        const int Longest = 64;
        left = left.Length > Longest ? left[..Longest] : left;
        right = right.Length > Longest ? right[..Longest] : right;
        Span<int> before = stackalloc int[Longest + 1];
        Span<int> previous = stackalloc int[Longest + 1];
        Span<int> current = stackalloc int[Longest + 1];
        for (int column = 0; column <= right.Length; column++)
        {
            previous[column] = column;
        }

        for (int row = 1; row <= left.Length; row++)
        {
            current[0] = row;
            for (int column = 1; column <= right.Length; column++)
            {
                int cost = left[row - 1] == right[column - 1] ? 0 : 1;
                int best = Math.Min(Math.Min(current[column - 1] + 1, previous[column] + 1), previous[column - 1] + cost);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    best = Math.Min(best, before[column - 2] + 1);
                }

                current[column] = best;
            }

            Span<int> spare = before;
            before = previous;
            previous = current;
            current = spare;
        }

        return previous[right.Length];
    }

    /// <summary>
    /// The candidate nearest to <paramref name="word"/>, capitals ignored; null where none is within a third of its length (at least 2) or begins with it.
    /// The first of equals wins, so the answer does not depend on anything but the order given.
    /// </summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string lower = word.ToLowerInvariant();
        int reach = Math.Max(2, word.Length / 3);
        int limit = reach;
        string? best = null;
        foreach (string candidate in candidates)
        {
            string other = candidate.ToLowerInvariant();
            int distance = Between(lower, other);
            if (word.Length >= 3 && other.StartsWith(lower, StringComparison.Ordinal))
            {
                distance = Math.Min(distance, reach);
            }

            if (distance <= limit)
            {
                limit = distance - 1;
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>The tail of a message about an unknown word: <c>; did you mean 'train'?</c>, or nothing where no candidate is near.</summary>
    public static string Hint(string word, IEnumerable<string> candidates) =>
        Nearest(word, candidates) is { } nearest ? $"; did you mean '{nearest}'?" : "";
}
