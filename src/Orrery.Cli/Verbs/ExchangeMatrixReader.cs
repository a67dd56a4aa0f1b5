using System.Globalization;
using Orrery.Catalog;

namespace Orrery.Cli.Verbs;

/// <summary>Reads what every rank sends every other: a line of comma-separated bytes for each sender, as many as there are ranks.</summary>
public static class ExchangeMatrixReader
{
    /// <summary>The matrix of a file; null with what is wrong in <paramref name="problems"/>.</summary>
    public static double[,]? Read(string path, int ranks, List<Diagnostic> problems)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, "--matrix", 0, 0, $"'{Quote.Argument(path)}' cannot be read: {Quote.Argument(failure.Message)}"));
            return null;
        }

        int count = lines.Length;
        while (count > 0 && string.IsNullOrWhiteSpace(lines[count - 1]))
            count--;
        if (count != ranks)
        {
            problems.Add(new(Severity.Error, ErrorCodes.WrongValue, path, Math.Min(count, ranks) + 1, 1, $"found {count} lines; expected {ranks}, one for each rank of the job"));
            return null;
        }

        double[,] bytes = new double[ranks, ranks];
        for (int row = 0; row < ranks; row++)
        {
            string[] cells = lines[row].Split(',');
            if (cells.Length != ranks)
            {
                problems.Add(new(Severity.Error, ErrorCodes.WrongValue, path, row + 1, 1, $"found {cells.Length} figures; expected {ranks}, the bytes to each rank"));
                return null;
            }

            for (int column = 0; column < ranks; column++)
            {
                if (!double.TryParse(cells[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !(value is >= 0 and <= 1e15))
                {
                    problems.Add(new(Severity.Error, ErrorCodes.WrongValue, path, row + 1, column + 1, $"found '{Quote.Argument(cells[column].Trim())}'; expected bytes from 0 to 1e15"));
                    return null;
                }

                bytes[row, column] = value;
            }
        }

        return bytes;
    }
}
