namespace Orrery.Cli.Reports;

/// <summary>A table of text: a heading, aligned columns, nothing drawn.</summary>
public sealed class TextTable
{
    private readonly string[] _columns;
    private readonly bool[] _isRight;
    private readonly List<string[]> _rows = [];

    /// <summary>A table without rows.</summary>
    /// <param name="columns">Headings; one that begins with <c>=</c> is aligned to the right, as numbers are.</param>
    public TextTable(params string[] columns)
    {
        _columns = new string[columns.Length];
        _isRight = new bool[columns.Length];
        for (int column = 0; column < columns.Length; column++)
        {
            _isRight[column] = columns[column].StartsWith('=');
            _columns[column] = columns[column].TrimStart('=');
        }
    }

    /// <summary>Rows below the heading.</summary>
    public int Count => _rows.Count;

    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, _columns.Length);
        _rows.Add(cells);
    }

    public void Write(TextWriter output, Terminal terminal)
    {
        int[] widths = new int[_columns.Length];
        for (int column = 0; column < widths.Length; column++)
        {
            widths[column] = _columns[column].Length;
            foreach (string[] row in _rows)
                widths[column] = Math.Max(widths[column], row[column].Length);
        }

        output.WriteLine(terminal.Bold(Line(_columns, widths)));
        foreach (string[] row in _rows)
            output.WriteLine(Line(row, widths));
    }

    /// <summary>The table for a page of documentation.</summary>
    public string ToMarkdown()
    {
        List<string> lines = [$"| {string.Join(" | ", _columns)} |", $"|{string.Concat(_isRight.Select(right => right ? "---:|" : "---|"))}"];
        foreach (string[] row in _rows)
            lines.Add($"| {string.Join(" | ", row)} |");
        return string.Join('\n', lines);
    }

    private string Line(string[] cells, int[] widths)
    {
        string[] padded = new string[cells.Length];
        for (int column = 0; column < cells.Length; column++)
            padded[column] = _isRight[column] ? cells[column].PadLeft(widths[column]) : cells[column].PadRight(widths[column]);
        return string.Join("  ", padded).TrimEnd();
    }
}
