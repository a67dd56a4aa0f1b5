using System.Collections.Immutable;
using System.Text;
using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Validation.Csv;

/// <summary>
/// Reads comma-separated values (RFC 4180, with a header, UTF-8, plain or gzip) row by row through one growing buffer. Nothing throws, whatever the
/// bytes: mistakes are diagnostics with line and column, a row that cannot be read is left out and reading goes on where it can.
/// </summary>
/// <remarks>
/// A row is valid until the next <see cref="ReadRow"/>; cells are spans into the buffer, so a file of any length costs the memory of its longest row.
/// </remarks>
public sealed class CsvReader : IDisposable
{
    /// <summary>Characters after decompression; bounds what a crafted gzip file can cost.</summary>
    public const long MaximumCharacters = 1L << 30;

    /// <summary>Characters of one row.</summary>
    public const int MaximumRow = 1 << 20;

    public const int MaximumColumns = 1024;

    /// <summary>Diagnostics listed before the rest is only counted.</summary>
    public const int MaximumDiagnostics = 100;

    private readonly Stream? _file;
    private readonly TextReader _text;
    private readonly List<Diagnostic> _diagnostics = [];
    private readonly char[] _buffer = new char[1 << 16];
    private int _bufferStart;
    private int _bufferEnd;
    private long _charactersRead;
    private bool _isOver;
    private bool _isDamaged;
    private int _suppressed;
    private bool _hasErrors;

    private char[] _row = new char[4096];
    private int _rowLength;
    private readonly Cell[] _cells = new Cell[MaximumColumns];
    private int _cellCount;
    private int _line = 1;
    private int _column = 1;
    private ImmutableArray<string> _header = [];
    private ImmutableArray<int> _headerColumns = [];

    private CsvReader(TextReader text, Stream? file, string name)
    {
        _text = text;
        _file = file;
        FileName = name;
    }

    private readonly record struct Cell(int Start, int Length, int Line, int Column);

    /// <summary>Name used in diagnostics.</summary>
    public string FileName { get; }

    /// <summary>Column names in file order.</summary>
    public ImmutableArray<string> Header => _header;

    /// <summary>Line at which the current row begins, from 1.</summary>
    public int RowLine { get; private set; }

    /// <summary>True once any error has been reported.</summary>
    public bool HasErrors => _hasErrors;

    /// <summary>Mistakes found so far, those not listed included; readers compare it to learn whether a row was clean.</summary>
    public int MistakeCount => _diagnostics.Count + _suppressed;

    /// <summary>Everything found so far in file order, with a last line counting what was not listed.</summary>
    public ImmutableArray<Diagnostic> Diagnostics => _suppressed == 0
        ? [.. _diagnostics]
        : [.. _diagnostics, new Diagnostic(Severity.Note, CsvCodes.More, FileName, 0, 0, $"{_suppressed} more mistakes are not listed")];

    /// <summary>The text of a cell of the current row, without quotes; empty for a column of -1.</summary>
    public ReadOnlySpan<char> this[int column] => (uint)column < (uint)_cellCount
        ? _row.AsSpan(_cells[column].Start, _cells[column].Length)
        : default;

    /// <summary>
    /// Opens a file and reads its header. Gzip is recognised by its first bytes, whatever the name. A file that cannot be read gives a reader without rows,
    /// with the reason in its diagnostics.
    /// </summary>
    public static CsvReader Open(string path)
    {
        try
        {
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            Stream bytes = file;
            if (file.CanSeek)
            {
                Span<byte> magic = stackalloc byte[2];
                int got = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
                file.Position = 0;
                if (got == 2 && magic[0] == 0x1F && magic[1] == 0x8B)
                    bytes = new GzipText(file);
            }

            return Start(new CsvReader(new StreamReader(bytes, Encoding.UTF8, detectEncodingFromByteOrderMarks: true), bytes, path));
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            CsvReader reader = new(TextReader.Null, null, path) { _isOver = true };
            string reason = mistake is FileNotFoundException or DirectoryNotFoundException
                ? "there is no such file"
                : Directory.Exists(path) ? "it is a folder" : "it cannot be read";
            reader.Error(CsvCodes.Unreadable, 0, 0, reason);
            return reader;
        }
    }

    /// <summary>Reads from text, for tests and standard input.</summary>
    public static CsvReader Of(TextReader text, string name) => Start(new CsvReader(text, null, name));

    /// <summary>Place of a column, -1 where the header lacks it.</summary>
    public int Column(string name) => _header.IndexOf(name);

    /// <summary>Place of a column that must be there; an error with the nearest name where it is not.</summary>
    public int RequiredColumn(string name)
    {
        int column = Column(name);
        if (column < 0 && !_header.IsEmpty)
        {
            string? nearest = EditDistance.Nearest(name, _header);
            Error(CsvCodes.MissingColumn, 1, 1, $"the column '{name}' is missing{(nearest is null ? "" : $"; did you mean it by '{nearest}'?")}");
        }

        return column;
    }

    /// <summary>Reports a mistake in the header, at the column of that name; at its start where there is no such column.</summary>
    public void HeaderError(string name, string message)
    {
        int place = Column(name);
        Error(CsvCodes.MissingColumn, 1, place < 0 ? 1 : _headerColumns[place], message);
    }

    /// <summary>Reports a mistake in a cell of the current row.</summary>
    public void CellError(int column, string message)
    {
        Cell cell = (uint)column < (uint)_cellCount ? _cells[column] : new Cell(0, 0, RowLine, 1);
        string name = (uint)column < (uint)_header.Length ? _header[column] : "";
        Error(CsvCodes.BadCell, cell.Line, cell.Column, $"{name} is '{Shorten(this[column])}'; {message}");
    }

    /// <summary>Reports a mistake at the start of the current row.</summary>
    public void RowError(string code, string message) => Error(code, RowLine, 1, message);

    /// <summary>Moves to the next well-formed row with as many cells as the header; false at the end or where the file breaks off.</summary>
    public bool ReadRow()
    {
        while (ReadRecord())
        {
            if (_cellCount == _header.Length)
                return true;
            Error(CsvCodes.RaggedRow, RowLine, 1, $"the row has {_cellCount} cells; the header has {_header.Length}");
        }

        _cellCount = 0;
        return false;
    }

    public void Dispose()
    {
        _text.Dispose();
        _file?.Dispose();
    }

    private static CsvReader Start(CsvReader reader)
    {
        if (!reader.ReadRecord())
        {
            if (!reader._hasErrors)
                reader.Error(CsvCodes.Malformed, 1, 1, "the file is empty; expected a header of column names");
            return reader;
        }

        ImmutableArray<string>.Builder header = ImmutableArray.CreateBuilder<string>(reader._cellCount);
        ImmutableArray<int>.Builder columns = ImmutableArray.CreateBuilder<int>(reader._cellCount);
        HashSet<string> seen = new(StringComparer.Ordinal);
        for (int column = 0; column < reader._cellCount; column++)
        {
            string name = reader[column].Trim().ToString();
            Cell cell = reader._cells[column];
            columns.Add(cell.Column);
            if (name.Length > 0 && !seen.Add(name))
                reader.Error(CsvCodes.Duplicate, cell.Line, cell.Column, $"the column '{Shorten(name)}' is given twice");
            header.Add(name);
        }

        reader._header = header.ToImmutable();
        reader._headerColumns = columns.ToImmutable();
        return reader;
    }

    /// <summary>Reads one record into the row buffer; blank lines are passed over, broken records are reported and passed over.</summary>
    private bool ReadRecord()
    {
        while (!_isOver)
        {
            _rowLength = 0;
            _cellCount = 0;
            RowLine = _line;
            bool isWhole = ReadCells();
            if (_isDamaged)
            {
                // The last row may be cut anywhere, even inside a number.
                _isOver = true;
                return false;
            }

            if (_rowLength == 0 && _cellCount <= 1)
            {
                // A blank line, or the end.
                if (_isOver)
                    return false;
                continue;
            }

            if (isWhole)
                return true;
        }

        return false;
    }

    /// <summary>Reads cells up to the end of the record; false where the record is broken, with the rest of its line passed over.</summary>
    private bool ReadCells()
    {
        while (true)
        {
            int line = _line;
            int column = _column;
            int start = _rowLength;
            int next = Peek();
            if (next == '"')
            {
                Take();
                if (!ReadQuoted(line, column))
                    return false;
                next = Peek();
                if (next is not (-1 or ',' or '\n' or '\r'))
                    return Broken(CsvCodes.Malformed, _line, _column, "text after a closing quote; expected a comma or the end of the line");
            }
            else if (!ReadPlain())
            {
                return false;
            }

            if (_cellCount == MaximumColumns)
                return Broken(CsvCodes.TooLarge, line, column, $"more than {MaximumColumns} cells in a row");
            _cells[_cellCount++] = new Cell(start, _rowLength - start, line, column);
            switch (Peek())
            {
                case -1:
                    _isOver = true;
                    return true;
                case ',':
                    Take();
                    continue;
                case '\r':
                    Take();
                    if (Peek() == '\n')
                        Take();
                    else
                        NewLine();
                    return true;
                default:
                    Take();
                    return true;
            }
        }
    }

    /// <summary>Copies to the next comma or line end in runs.</summary>
    private bool ReadPlain()
    {
        while (true)
        {
            if (_bufferStart == _bufferEnd && !Fill())
                return true;
            ReadOnlySpan<char> rest = _buffer.AsSpan(_bufferStart, _bufferEnd - _bufferStart);
            int stop = rest.IndexOfAny(",\"\r\n");
            ReadOnlySpan<char> run = stop < 0 ? rest : rest[..stop];
            if (!Append(run))
                return Broken(CsvCodes.TooLarge, RowLine, 1, $"the row is longer than {MaximumRow} characters");
            _bufferStart += run.Length;
            _column += run.Length;
            if (stop < 0)
                continue;
            if (rest[stop] == '"')
                return Broken(CsvCodes.Malformed, _line, _column, "a quote inside a cell that does not begin with one");
            return true;
        }
    }

    /// <summary>Copies a quoted cell whose first quote has been taken; two quotes are one.</summary>
    private bool ReadQuoted(int line, int column)
    {
        while (true)
        {
            if (_bufferStart == _bufferEnd && !Fill())
            {
                _isOver = true;
                Error(CsvCodes.Malformed, line, column, "a quote that is never closed");
                return false;
            }

            ReadOnlySpan<char> rest = _buffer.AsSpan(_bufferStart, _bufferEnd - _bufferStart);
            int stop = rest.IndexOfAny('"', '\n');
            ReadOnlySpan<char> run = stop < 0 ? rest : rest[..stop];
            if (!Append(run))
            {
                // Inside quotes there is no telling where the row ends: the file is given up.
                _isOver = true;
                Error(CsvCodes.TooLarge, line, column, $"a quoted cell makes the row longer than {MaximumRow} characters");
                return false;
            }

            _bufferStart += run.Length;
            _column += run.Length;
            if (stop < 0)
                continue;
            bool isQuote = Take() == '"';
            if (isQuote)
            {
                if (Peek() != '"')
                    return true;
                Take();
            }

            if (!Append(isQuote ? "\"" : "\n"))
            {
                _isOver = true;
                return false;
            }
        }
    }

    private bool Broken(string code, int line, int column, string message)
    {
        Error(code, line, column, message);
        while (Peek() is not (-1 or '\n'))
            Take();
        if (Peek() == -1)
            _isOver = true;
        else
            Take();

        // Not a blank line, whatever had been read of it.
        _cellCount = Math.Max(_cellCount, 2);
        return false;
    }

    private bool Append(ReadOnlySpan<char> run)
    {
        int length = _rowLength + run.Length;
        if (length > MaximumRow)
            return false;
        if (length > _row.Length)
            Array.Resize(ref _row, Math.Min(MaximumRow, Math.Max(length, 2 * _row.Length)));
        run.CopyTo(_row.AsSpan(_rowLength));
        _rowLength = length;
        return true;
    }

    private int Peek() => _bufferStart < _bufferEnd || Fill() ? _buffer[_bufferStart] : -1;

    private char Take()
    {
        char taken = _buffer[_bufferStart++];
        if (taken == '\n')
            NewLine();
        else
            _column++;
        return taken;
    }

    private void NewLine()
    {
        _line++;
        _column = 1;
    }

    private bool Fill()
    {
        _bufferStart = 0;
        _bufferEnd = 0;
        if (_isDamaged)
            return false;
        try
        {
            _bufferEnd = _text.Read(_buffer, 0, _buffer.Length);
        }
        catch (Exception mistake) when (mistake is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            // Broken compression, or a disk that went away: rows read so far stand.
            _isDamaged = true;
            Error(CsvCodes.Malformed, _line, _column, mistake is InvalidDataException ? "the compressed file is damaged from here on" : "the file cannot be read further");
            return false;
        }

        _charactersRead += _bufferEnd;
        if (_charactersRead <= MaximumCharacters)
            return _bufferEnd > 0;
        Error(CsvCodes.TooLarge, _line, _column, $"the file is longer than {MaximumCharacters} characters");
        _isDamaged = true;
        _bufferEnd = 0;
        return false;
    }

    private void Error(string code, int line, int column, string message)
    {
        _hasErrors = true;
        if (_diagnostics.Count < MaximumDiagnostics)
            _diagnostics.Add(new Diagnostic(Severity.Error, code, FileName, line, column, message));
        else
            _suppressed++;
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 60 ? text.ToString() : string.Concat(text[..57], "...");
}
