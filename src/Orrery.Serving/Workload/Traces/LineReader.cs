namespace Orrery.Serving;

/// <summary>Lines of a stream as bytes, one at a time, in a buffer that grows to the longest line and no further than <see cref="LongestLine"/>.</summary>
public sealed class LineReader(Stream stream) : IDisposable
{
    /// <summary>What has a longer line is no text of lines: nothing is read after it.</summary>
    public const int LongestLine = 1 << 20;

#if DEBUG
    private byte[] buffer = new byte[16];
#else
    private byte[] buffer = new byte[1 << 16];
#endif
    private int start;
    private int end;
    private bool isAtEnd;

    /// <summary>The line last read, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Bytes of text so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>The line last read is longer than <see cref="LongestLine"/>; it is the last.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The next line without its end, valid until the next call; false at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        int looked = 0;
        while (!IsCut)
        {
            int found = buffer.AsSpan(start + looked, end - start - looked).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = Trim(buffer.AsSpan(start, looked + found));
                start += looked + found + 1;
                Line++;
                return true;
            }

            looked = end - start;
            if (looked >= LongestLine)
            {
                Line++;
                IsCut = true;
                line = buffer.AsSpan(start, LongestLine);
                return true;
            }

            if (!isAtEnd && Fill())
                continue;
            line = Trim(buffer.AsSpan(start, looked));
            start = end;
            if (looked == 0)
                return false;
            Line++;
            return true;
        }

        line = default;
        return false;
    }

    public void Dispose() => stream.Dispose();

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line) => line.Length > 0 && line[^1] == (byte)'\r' ? line[..^1] : line;

    private bool Fill()
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
        }

        if (end == buffer.Length)
            Array.Resize(ref buffer, Math.Min(2 * buffer.Length, LongestLine + 4096));
        int read = stream.Read(buffer, end, buffer.Length - end);
        isAtEnd = read == 0;
        end += read;
        BytesRead += read;
        return !isAtEnd;
    }
}
