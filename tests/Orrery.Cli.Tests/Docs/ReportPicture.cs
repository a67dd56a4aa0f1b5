using System.Globalization;
using System.Text;

namespace Orrery.Cli.Tests.Docs;

/// <summary>The text of a report as an SVG picture for the README: section words and the headline stand out, bars are drawn.</summary>
internal static class ReportPicture
{
    private const double LineHeight = 18;
    private const double LetterWidth = 7.83;
    private const double Margin = 22;
    private const int Columns = 100;

    public static string Draw(string command, string report)
    {
        string[] lines = [$"$ {command}", "", .. report.TrimEnd().ReplaceLineEndings("\n").Split('\n')];
        double width = (2 * Margin) + (Columns * LetterWidth);
        double height = (2 * Margin) + (lines.Length * LineHeight);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:0} {height:0}\" role=\"img\" aria-label=\"A training report\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#12161c\"/>\n");
        svg.Append("<g font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"13\" fill=\"#d5dbe3\" xml:space=\"preserve\">\n");
        for (int index = 0; index < lines.Length; index++)
            Line(svg, lines[index], Margin + ((index + 0.8) * LineHeight), isLoud: index == 0 || index == 2);
        svg.Append("</g>\n</svg>\n");
        return svg.ToString();
    }

    private static void Line(StringBuilder svg, string line, double y, bool isLoud)
    {
        int bar = line.AsSpan().IndexOfAny('\u2588', '\u258c');
        string text = bar < 0 ? line : line[..bar];
        if (isLoud)
        {
            Text(svg, text, 0, y, " fill=\"#ffffff\" font-weight=\"600\"");
        }
        else if (text.Length > 0 && text[0] != ' ')
        {
            int end = Math.Min(9, text.Length);
            Text(svg, text[..end], 0, y, " fill=\"#6cb6ff\"");
            Text(svg, text[end..], end, y, "");
        }
        else
        {
            Text(svg, text, 0, y, "");
        }

        if (bar >= 0)
        {
            double cells = line[bar..].Sum(letter => letter == '\u2588' ? 1 : letter == '\u258c' ? 0.5 : 0);
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{Margin + (bar * LetterWidth):0.#}\" y=\"{y - 10:0.#}\" width=\"{cells * LetterWidth:0.#}\" height=\"11\" fill=\"#f0883e\"/>\n");
        }
    }

    private static void Text(StringBuilder svg, string text, int column, double y, string style)
    {
        string shown = text.TrimEnd();
        int indent = shown.Length - shown.TrimStart().Length;
        if (shown.Length == indent)
            return;
        string escaped = shown[indent..].Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);

        // The stated length keeps columns aligned whatever font the viewer has.
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Margin + ((column + indent) * LetterWidth):0.#}\" y=\"{y:0.#}\" textLength=\"{(shown.Length - indent) * LetterWidth:0.#}\"{style}>{escaped}</text>\n");
    }
}
