using System.Buffers.Binary;
using System.IO.Compression;

namespace Orrery.Validation.Csv;

/// <summary>
/// A gzip file that knows when it was cut short: the framework's stream ends silently there. The last four bytes of a whole file are the length of its last
/// member modulo 2^32 (RFC 1952), so they cannot exceed what came out.
/// </summary>
internal sealed class GzipText : Stream
{
    private readonly GZipStream _zip;
    private readonly uint _stated;
    private long _read;

    /// <summary>Takes over a file that stands at its beginning.</summary>
    public GzipText(FileStream file)
    {
        Span<byte> trailer = stackalloc byte[4];
        if (file.Length >= 18)
        {
            file.Position = file.Length - 4;
            file.ReadExactly(trailer);
            file.Position = 0;
            _stated = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        }
        else
        {
            // Shorter than any gzip file: header and trailer alone are 18 bytes.
            _stated = uint.MaxValue;
        }

        _zip = new GZipStream(file, CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Decompressed bytes; a file that is damaged or cut short throws, which the CSV reader turns into a diagnostic.</summary>
    public override int Read(Span<byte> buffer)
    {
        int got = _zip.Read(buffer);
        _read += got;
        return got == 0 && !buffer.IsEmpty && _read < _stated ? throw new InvalidDataException("the file is cut short") : got;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _zip.Dispose();
        base.Dispose(disposing);
    }
}
