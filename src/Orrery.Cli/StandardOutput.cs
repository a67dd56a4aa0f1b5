namespace Orrery.Cli;

/// <summary>Standard output that does not mind when its reader goes away (<c>orrery ... | head</c>): what is written after that is dropped.</summary>
internal sealed class StandardOutput : Stream
{
    private readonly Stream _inner = Console.OpenStandardOutput();
    private bool _isClosed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
        if (!_isClosed)
            _inner.Flush();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_isClosed)
            return;
        try
        {
            _inner.Write(buffer);
        }
        catch (IOException)
        {
            // Nobody is left to tell.
            _isClosed = true;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inner.Dispose();
        base.Dispose(disposing);
    }
}
