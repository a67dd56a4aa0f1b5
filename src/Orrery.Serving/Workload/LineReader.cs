namespace Orrery.Serving;

/// <summary>Lines of a stream as bytes, one at a time, in a buffer that grows to the longest line and no further than <see cref="LongestLine"/>.</summary>
public sealed class LineReader(Stream stream) : IDisposable
{
    /// <summary>Longer lines are cut there, and said to be.</summary>
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

    /// <summary>The line last read was longer than <see cref="LongestLine"/>; what was left of it is skipped.</summary>
    public bool IsCut { get; private set; }

    /// <summary>The next line without its end, valid until the next call; false at the end.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        IsCut = false;
        int looked = 0;
        while (true)
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
                Skip();
                Line++;
                IsCut = true;
                line = default;
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
        return !isAtEnd;
    }

    private void Skip()
    {
        start = end;
        while (true)
        {
            int found = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (found >= 0)
            {
                start += found + 1;
                return;
            }

            start = end;
            if (!Fill())
                return;
        }
    }
}
