using System.Globalization;
using System.Text;

namespace Orrery.Cli;

/// <summary>Text of a person's shown back to them.</summary>
public static class Quote
{
    private const int Longest = 60;

    /// <summary>The argument on one line: control characters as <c>\u001b</c>, cut after 60 characters, <c>''</c> when empty.</summary>
    public static string Argument(string text)
    {
        if (text.Length == 0)
            return "''";
        StringBuilder shown = new();
        foreach (char letter in text.AsSpan(0, Math.Min(text.Length, Longest)))
        {
            if (char.IsControl(letter) || char.IsSurrogate(letter) || letter is '\u2028' or '\u2029')
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                shown.Append(letter);
        }

        if (text.Length > Longest)
            shown.Append("...");
        return shown.ToString();
    }
}
