using System.Globalization;
using System.Text;

namespace Orrery.Validation.Scoring;

/// <summary>The report as a table that reads in a terminal and, with <see cref="Markdown"/>, in the README. Errors are in per cent.</summary>
public static class ValidationTable
{
    private static readonly string[] Titles =
        ["group", "rows", "fitted", "skipped", "median", "mean", "p90", "bias", "left out", "baseline", "covered", "half-width"];

    /// <summary>
    /// Columns padded with blanks, numbers to the right. A group's line is over rows not fitted where there are any, else over all of them, and then
    /// marked with <c>*</c>.
    /// </summary>
    public static string Text(ValidationReport report)
    {
        List<string[]> lines = Lines(report);
        int[] widths = new int[Titles.Length];
        foreach (string[] line in lines)
        {
            for (int column = 0; column < widths.Length; column++)
                widths[column] = Math.Max(widths[column], line[column].Length);
        }

        StringBuilder text = new();
        foreach (string[] line in lines)
        {
            int start = text.Length;
            for (int column = 0; column < widths.Length; column++)
            {
                string cell = line[column];
                text.Append(column == 0 ? cell.PadRight(widths[0]) : $"  {cell.PadLeft(widths[column])}");
            }

            while (text.Length > start && text[^1] == ' ')
                text.Length--;
            text.Append('\n');
        }

        Remarks(report, text);
        return text.ToString();
    }

    /// <summary>The same as a Markdown table.</summary>
    public static string Markdown(ValidationReport report)
    {
        StringBuilder text = new();
        List<string[]> lines = Lines(report);
        for (int index = 0; index < lines.Count; index++)
        {
            text.Append("| ").AppendJoin(" | ", lines[index]).Append(" |\n");
            if (index == 0)
                text.Append("|---|").Insert(text.Length, "---:|", Titles.Length - 1).Append('\n');
        }

        return text.ToString();
    }

    private static List<string[]> Lines(ValidationReport report)
    {
        List<string[]> lines = [Titles];
        foreach (GroupReport group in report.Groups)
        {
            if (group.Scored + group.Skipped == 0)
                continue;
            lines.Add(Line(group.Group, group.Fitted, group.Skipped, group.Unseen, group.All, group.LeaveOneOut));
            foreach (GroupReport slice in report.Slices)
            {
                // Slices carry their group's name, a colon and their own.
                if (slice.Group.Length > group.Group.Length + 2 && slice.Group.StartsWith(group.Group, StringComparison.Ordinal)
                    && slice.Group[group.Group.Length] == ':')
                {
                    lines.Add(Line(
                        $"- {slice.Group.AsSpan(group.Group.Length + 2)}", slice.Fitted, slice.Skipped, slice.Unseen, slice.All, slice.LeaveOneOut));
                }
            }
        }

        lines.Add(Line("all", report.All.Count - report.Unseen.Count, report.Skipped.Length, report.Unseen, report.All, leaveOneOut: null));
        return lines;
    }

    private static string[] Line(string name, int fitted, int skipped, ErrorFigures unseen, ErrorFigures all, double? leaveOneOut)
    {
        bool isFittedOnly = unseen.Count == 0 && all.Count > 0;
        ErrorFigures figures = isFittedOnly ? all : unseen;
        return
        [
            isFittedOnly ? $"{name} *" : name,
            figures.Count.ToString(CultureInfo.InvariantCulture),
            fitted.ToString(CultureInfo.InvariantCulture),
            skipped.ToString(CultureInfo.InvariantCulture),
            Percent(figures.MedianApe),
            Percent(figures.Mape),
            Percent(figures.P90Ape),
            Percent(figures.Bias, isSigned: true),
            Percent(leaveOneOut),
            Percent(figures.BaselineMape),
            Percent(figures.IntervalCoverage, decimals: false),
            Percent(figures.IntervalHalfWidth),
        ];
    }

    private static void Remarks(ValidationReport report, StringBuilder text)
    {
        if (report.Groups.Any(static group => group.Unseen.Count == 0 && group.All.Count > 0))
            text.Append("* all rows of the group were fitted: figures over fitted rows\n");
        if (report.NotExpressible > 0)
            text.Append(CultureInfo.InvariantCulture, $"{report.NotExpressible} rows do not state every input and are not scored\n");
        foreach (GroupReport group in report.Groups)
        {
            if (group.IsBeatenByBaseline)
                text.Append(CultureInfo.InvariantCulture, $"{group.Group}: one fitted efficiency does better ({Percent(group.All.BaselineMape)} against {Percent(group.All.Mape)})\n");
        }

        foreach (string failure in report.Failures)
            text.Append("failed: ").Append(failure).Append('\n');
    }

    private static string Percent(double? fraction, bool isSigned = false, bool decimals = true) => fraction is not { } value
        ? "-"
        : (100 * value).ToString((isSigned, decimals) switch { (true, _) => "+0.0;-0.0;0.0", (_, false) => "0", _ => "0.0" }, CultureInfo.InvariantCulture);
}
