using System.Text;

namespace Orrery.Cli.Reports;

/// <summary>The few typographic means of our reports: wrapped text, padded columns, bars. Widths are fixed, never the window's.</summary>
public static class TextLayout
{
    /// <summary>Columns of a report.</summary>
    public const int Width = 100;

    /// <summary>
    /// Breaks text at spaces into lines of at most <paramref name="width"/> letters; a longer word stands alone on its line, and a percent sign stays
    /// with its number.
    /// </summary>
    public static List<string> Wrap(string text, int width)
    {
        List<string> lines = [];
        StringBuilder line = new();
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int index = 0; index < words.Length; index++)
        {
            string word = words[index];
            if (index + 1 < words.Length && words[index + 1].StartsWith('%'))
                word = $"{word} {words[++index]}";
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line.ToString());
                line.Clear();
            }

            if (line.Length > 0)
                line.Append(' ');
            line.Append(word);
        }

        if (line.Length > 0 || lines.Count == 0)
            lines.Add(line.ToString());
        return lines;
    }

    /// <summary>
    /// A bar of <paramref name="fraction"/> of <paramref name="width"/> cells, to half a cell; anything above 0 shows at least half a cell, anything
    /// above 1 fills it, and what is not a number shows nothing.
    /// </summary>
    public static string Bar(double fraction, int width)
    {
        if (!(fraction > 0))
            return "";
        int halves = Math.Clamp((int)Math.Round(fraction * width * 2), 1, width * 2);
        return new string('\u2588', halves / 2) + (halves % 2 == 1 ? "\u258c" : "");
    }
}
