using System.Buffers.Text;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <content>Lines of a table.</content>
internal sealed partial class TraceLines
{
    private bool Cells(ReadOnlySpan<byte> line, int number, ref TraceRow row)
    {
        int column = 0;
        int start = 0;
        row.IsTimed = arrival < 0;
        while (start <= line.Length)
        {
            int length = LengthOfCell(line[start..]);
            if (column == arrival || column == input || column == output || column == conversation || column == images || column == priority)
            {
                if (!Cell(column, line.Slice(start, length), start + 1, number, ref row))
                    return false;
            }

            column++;
            start += length + 1;
        }

        if (row.IsTimed && column > Math.Max(input, output))
            return true;
        if (IsShown(ServingCode.BadTraceLine))
            Say(ServingCode.BadTraceLine, number, line.Length + 1, $"the line ends after {column} column{(column == 1 ? "" : "s")}; the heading has {columnCount}");
        return false;
    }

    private bool Cell(int column, ReadOnlySpan<byte> written, int place, int number, ref TraceRow row)
    {
        ReadOnlySpan<byte> cell = Unquoted(written);
        if (column == arrival)
        {
            row.IsTimed = clock.TryRead(cell, out row.Time, out row.IsBeyond);
            if (!row.IsTimed && IsShown(ServingCode.BadTraceLine))
                Say(ServingCode.BadTraceLine, number, place, $"'{TraceHeading.Shown(written)}' is no time; expected a number, or a date such as 2023-11-16 18:15:46.6805900, and one kind in all lines");
            return row.IsTimed;
        }

        if (column == input)
            (row.Input, row.InputAt) = (Number(cell), place);
        else if (column == output)
            (row.Output, row.OutputAt) = (Number(cell), place);
        else if (column == images)
            (row.Images, row.ImagesAt) = (cell.IsEmpty ? 0 : Number(cell), place);
        else if (column == priority)
            (row.Priority, row.PriorityAt) = (cell.IsEmpty ? 0 : Number(cell), place);
        else if (!cell.IsEmpty)
            row.Conversation = Numbered(cell);
        return true;
    }

    /// <summary>Bytes up to the comma that ends the first cell; commas inside quotes do not.</summary>
    private static int LengthOfCell(ReadOnlySpan<byte> rest)
    {
        int comma = rest.IndexOf((byte)',');
        if (comma <= 0 || rest[0] != (byte)'"')
            return comma < 0 ? rest.Length : comma;
        int at = 1;
        while (at < rest.Length)
        {
            int quote = rest[at..].IndexOf((byte)'"');
            if (quote < 0)
                return comma;
            at += quote + 1;
            // Two quotes are one inside a cell.
            if (at < rest.Length && rest[at] == (byte)'"')
            {
                at++;
                continue;
            }

            int end = rest[at..].IndexOf((byte)',');
            return end < 0 ? rest.Length : at + end;
        }

        return rest.Length;
    }

    private static double Number(ReadOnlySpan<byte> cell)
    {
        if (Utf8Parser.TryParse(cell, out int whole, out int used) && used == cell.Length)
            return whole;
        return Utf8Parser.TryParse(cell, out double number, out used) && used == cell.Length ? number : double.NaN;
    }

    private static ReadOnlySpan<byte> Unquoted(ReadOnlySpan<byte> cell)
    {
        cell = cell.Trim(" \t"u8);
        return cell.Length >= 2 && cell[0] == (byte)'"' && cell[^1] == (byte)'"' ? cell[1..^1].Trim(" \t"u8) : cell;
    }
}
