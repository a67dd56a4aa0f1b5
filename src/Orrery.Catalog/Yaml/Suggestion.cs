using Orrery.Units;

namespace Orrery.Catalog.Yaml;

/// <summary>The end of a message about a word nobody knows.</summary>
public static class Suggestion
{
    /// <summary>More words than this are not listed, only the nearest is named.</summary>
    private const int MostListed = 12;

    /// <summary><c>did you mean 'x'?</c> where one is near, else <c>expected one of a, b, c</c>.</summary>
    public static string Of(string word, IReadOnlyCollection<string> known)
    {
        string? nearest = EditDistance.Nearest(word, known);
        if (nearest is not null)
        {
            return $"did you mean '{nearest}'?";
        }

        if (known.Count == 0)
        {
            return "none is expected here";
        }

        return known.Count <= MostListed
            ? $"expected one of {string.Join(", ", known)}"
            : $"expected one of {string.Join(", ", known.Take(MostListed))} and {known.Count - MostListed} more";
    }
}
