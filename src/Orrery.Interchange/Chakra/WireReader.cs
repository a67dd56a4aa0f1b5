using System.Buffers.Binary;

namespace Orrery.Interchange;

/// <summary>How a field of a protobuf message is written.</summary>
internal enum WireKind : byte
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// Walks the fields of one protobuf message in place. Anything that is not the wire format sets <see cref="IsBroken"/> and ends the walk; nothing
/// throws and nothing is copied.
/// </summary>
/// <remarks>Source: protobuf.dev, "Encoding". Groups, which the schema does not use, count as broken.</remarks>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private const int LongestVarint = 10;
    private const int LargestField = (1 << 29) - 1;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;

    public bool IsBroken { get; private set; }

    /// <summary>Number of the field last found.</summary>
    public int Field { get; private set; }

    public WireKind Kind { get; private set; }

    /// <summary>The value of a number field, as written.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of a field of bytes.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    public readonly bool IsAtEnd => _at >= _bytes.Length;

    /// <summary>Reads the next field with its value; false at the end and where the bytes are broken.</summary>
    public bool Next()
    {
        if (IsBroken || IsAtEnd)
            return false;
        if (!TryVarint(out ulong tag))
            return Break();
        ulong field = tag >> 3;
        if (field is 0 or > LargestField)
            return Break();
        Field = (int)field;
        Kind = (WireKind)(tag & 7);
        switch (Kind)
        {
            case WireKind.Varint:
                if (!TryVarint(out ulong number))
                    return Break();
                Number = number;
                return true;
            case WireKind.Fixed64 when _bytes.Length - _at >= sizeof(ulong):
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[_at..]);
                _at += sizeof(ulong);
                return true;
            case WireKind.Fixed32 when _bytes.Length - _at >= sizeof(uint):
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
                _at += sizeof(uint);
                return true;
            case WireKind.Bytes:
                if (!TryVarint(out ulong length) || length > (ulong)(_bytes.Length - _at))
                    return Break();
                Content = _bytes.Slice(_at, (int)length);
                _at += (int)length;
                return true;
            default:
                return Break();
        }
    }

    /// <summary>The next number of a packed list; false at its end and where it is broken.</summary>
    public bool NextPacked(out ulong number)
    {
        number = 0;
        if (IsBroken || IsAtEnd)
            return false;
        return TryVarint(out number) || Break();
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        int end = Math.Min(_bytes.Length, _at + LongestVarint);
        for (int shift = 0; _at < end; shift += 7)
        {
            byte part = _bytes[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
                return true;
        }

        return false;
    }

    private bool Break()
    {
        IsBroken = true;
        return false;
    }
}
