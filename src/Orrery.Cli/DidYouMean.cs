using Orrery.Units;

namespace Orrery.Cli;

/// <summary>The tail of a message about an unknown word.</summary>
public static class DidYouMean
{
    /// <summary><c>; did you mean 'train'?</c>, or nothing where no word is near.</summary>
    public static string Text(string word, IEnumerable<string> valid) =>
        EditDistance.Nearest(word, valid) is { } nearest ? $"; did you mean '{nearest}'?" : "";
}
