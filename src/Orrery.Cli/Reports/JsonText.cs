using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orrery.Cli.Reports;

/// <summary>One JSON document on its way to a text writer: indented, ended by a line break when disposed. Streamed, so its size is not bounded by memory.</summary>
public sealed class JsonText : IDisposable
{
    private readonly TextStream _stream;

    public JsonText(TextWriter output)
    {
        _stream = new(output);
        Writer = new(_stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    public Utf8JsonWriter Writer { get; }

    public void Dispose()
    {
        Writer.Dispose();
        _stream.End();
    }

    /// <summary>Hands UTF-8 on as text, however its letters are split between writes.</summary>
    private sealed class TextStream(TextWriter output) : Stream
    {
        private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
        private char[] _letters = new char[4096];

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void End() => output.Write('\n');

        public override void Flush()
        {
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            int most = Encoding.UTF8.GetMaxCharCount(buffer.Length);
            if (_letters.Length < most)
                _letters = new char[most];
            int count = _decoder.GetChars(buffer, _letters, flush: false);
            output.Write(_letters, 0, count);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
