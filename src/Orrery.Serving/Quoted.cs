namespace Orrery.Serving;

/// <summary>Words of a person in a message: short, and without what a terminal would act on.</summary>
internal static class Quoted
{
    /// <summary>Letters that are shown.</summary>
    public const int Longest = 40;

    public static string Text(string text)
    {
        string part = text.Length > Longest ? text[..Longest] : text;
        return string.Concat(part.Select(static letter => char.IsControl(letter) ? ' ' : letter));
    }
}
