using System.Text;

namespace Orrery.Catalog.Text;

/// <summary>Columns of plain text, left-aligned, two spaces apart, nothing after the last letter of a line.</summary>
internal sealed class TextTable(int columns)
{
    private readonly List<string[]> rows = [];

    public void Add(params ReadOnlySpan<string> cells)
    {
        string[] row = new string[columns];
        for (int column = 0; column < columns; column++)
        {
            row[column] = column < cells.Length ? cells[column] : "";
        }

        rows.Add(row);
    }

    public void AppendTo(StringBuilder text, string indent)
    {
        int[] widths = new int[columns];
        foreach (string[] row in rows)
        {
            for (int column = 0; column < columns; column++)
            {
                widths[column] = Math.Max(widths[column], row[column].Length);
            }
        }

        StringBuilder line = new();
        foreach (string[] row in rows)
        {
            line.Clear().Append(indent);
            for (int column = 0; column < columns; column++)
            {
                line.Append(row[column].PadRight(widths[column])).Append("  ");
            }

            text.Append(line.ToString().TrimEnd()).Append('\n');
        }
    }
}
