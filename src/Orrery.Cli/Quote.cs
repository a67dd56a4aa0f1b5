using System.Globalization;
using System.Text;

namespace Orrery.Cli;

/// <summary>Text of a person's shown back to them.</summary>
public static class Quote
{
    private const int Longest = 60;

    /// <summary>The argument on one line: control characters as <c>\u001b</c>, cut after 60 characters, <c>''</c> when empty.</summary>
    public static string Argument(string text) => text.Length switch
    {
        0 => "''",
        > Longest => Whole(text[..Longest]) + "...",
        _ => Whole(text),
    };

    /// <summary>The text on one line, however long.</summary>
    public static string Whole(string text)
    {
        StringBuilder shown = new();
        foreach (char letter in text)
        {
            if (char.IsControl(letter) || char.IsSurrogate(letter) || letter is '\u2028' or '\u2029')
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                shown.Append(letter);
        }

        return shown.ToString();
    }
}
