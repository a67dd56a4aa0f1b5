namespace Orrery.Models;

/// <summary>The valid word a person most likely meant.</summary>
internal static class NearestWord
{
    /// <summary>
    /// The word of least edit distance (insertions, deletions, substitutions; case ignored), the first one given among equals; null where none is
    /// within a third of the longer word's length. Words beyond 64 characters are not compared.
    /// </summary>
    public static string? Find(string word, IEnumerable<string> valid)
    {
        if (word.Length is 0 or > 64)
            return null;
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string candidate in valid)
        {
            int limit = Math.Max(1, Math.Max(word.Length, candidate.Length) / 3);
            if (candidate.Length > 64 || Math.Abs(candidate.Length - word.Length) > limit)
                continue;
            int distance = Distance(word, candidate);
            if (distance <= limit && distance < bestDistance)
            {
                bestDistance = distance;
                best = candidate;
            }
        }

        return best;
    }

    /// <summary>", did you mean 'x'?" or nothing.</summary>
    public static string Suggest(string word, IEnumerable<string> valid) =>
        Find(word, valid) is { } nearest ? $"; did you mean '{nearest}'?" : "";

    private static int Distance(string left, string right)
    {
        Span<int> previous = stackalloc int[right.Length + 1];
        Span<int> current = stackalloc int[right.Length + 1];
        for (int column = 0; column <= right.Length; column++)
            previous[column] = column;
        for (int row = 1; row <= left.Length; row++)
        {
            current[0] = row;
            for (int column = 1; column <= right.Length; column++)
            {
                int substitution = previous[column - 1]
                    + (char.ToLowerInvariant(left[row - 1]) == char.ToLowerInvariant(right[column - 1]) ? 0 : 1);
                current[column] = Math.Min(substitution, Math.Min(previous[column], current[column - 1]) + 1);
            }

            current.CopyTo(previous);
        }

        return previous[right.Length];
    }
}
