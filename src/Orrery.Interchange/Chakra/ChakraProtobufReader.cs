using System.Text;

namespace Orrery.Interchange;

/// <summary>
/// Reads the protobuf form: messages with their length before them, the first about the trace, every other a node. Works through a buffer that grows only
/// as bytes arrive, so a length that lies costs nothing.
/// </summary>
/// <remarks>Source: mlcommons/chakra, schema/protobuf/et_def.proto, schema 0.0.4, and src/third_party/utils/protolib.py for the framing.</remarks>
internal sealed class ChakraProtobufReader(Stream stream, ChakraLimits limits, ChakraTraceBuilder builder, TraceMistakes mistakes)
{
    private const int LongestLength = 5;
    private const int FirstListField = 3;
    private const int StringArm = 29;
    private const int BooleanListArm = 28;
    private const int MostDimensions = 32;

    private byte[] _buffer = new byte[1 << 16];
    private int _from;
    private int _to;
    private long _read;

    /// <summary>Reads all there is; false where the bytes end or break in the middle, with the mistake told.</summary>
    public bool Read()
    {
        ChakraNodeDraft draft = new(builder, mistakes);
        long messages = 0;
        while (true)
        {
            long at = _read - (_to - _from);
            switch (NextLength(out int length))
            {
                case Framing.End when messages > 0:
                    return true;
                case Framing.End:
                    return Fail("the file is empty; expected a Chakra execution trace");
                case Framing.Broken:
                    return Fail($"at byte {at}: no length of a message; the file is broken or no Chakra execution trace");
                case Framing.TooLarge:
                    return false;
            }

            if (length > limits.MessageBytes)
                return Fail($"at byte {at}: a message of {length} bytes; at most {limits.MessageBytes} can be", ReplayCodes.TooLarge);
            if (!Fill(length))
                return mistakes.HasErrors ? false : Fail($"at byte {at}: the message has {length} bytes, the file {_to - _from} more: it is cut off");
            ReadOnlySpan<byte> message = _buffer.AsSpan(_from, length);
            bool whole = messages == 0 ? ReadMetadata(message) : ReadNode(message, draft, at);
            if (!whole)
                return false;
            _from += length;
            messages++;
            if (mistakes.IsFull)
                return false;
        }
    }

    private bool ReadMetadata(ReadOnlySpan<byte> message)
    {
        WireReader reader = new(message);
        bool hasVersion = false, isOld = false;
        while (reader.Next())
        {
            if (reader is { Field: 1, Kind: WireKind.Bytes })
            {
                hasVersion = !reader.Content.IsEmpty;
            }
            else if (reader is { Field: 2, Kind: WireKind.Bytes })
            {
                if (!ReadAttribute(reader.Content, out ReadOnlySpan<byte> name, out AttributeValue value))
                    return Fail("the message about the trace holds a broken attribute");
                isOld |= ChakraMetadata.IsOldSchema(name, value.Text);
                ChakraMetadata.Take(builder, mistakes, name, value);
            }
        }

        builder.HasOperatorTree = isOld && !hasVersion;
        return !reader.IsBroken || Fail("the first message is not one about a trace; the file is broken or no Chakra execution trace");
    }

    private bool ReadNode(ReadOnlySpan<byte> message, ChakraNodeDraft draft, long at)
    {
        draft.Clear();

        // Name and number first, so that complaints about the rest can say them whatever the order of the fields.
        WireReader first = new(message);
        while (first.Next())
        {
            if (first is { Field: 1, Kind: WireKind.Varint })
                draft.Node.Id = first.Number;
            else if (first is { Field: 2, Kind: WireKind.Bytes })
                draft.SetName(first.Content);
            else if (first is { Field: 3, Kind: WireKind.Varint })
                draft.SetType(first.Number);
        }

        if (first.IsBroken)
            return Fail($"at byte {at}: a broken node{(draft.Node.Id > 0 ? $", {builder.Describe(draft.Node.Id, draft.Name)}" : "")}");
        WireReader reader = new(message);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 4 or 5 when !ReadDependencies(ref reader):
                    return Fail($"at byte {at}: broken dependencies of {builder.Describe(draft.Node.Id, draft.Name)}");
                case 6 when reader.Kind == WireKind.Varint:
                    draft.Node.StartMicros = reader.Number;
                    break;
                case 7 when reader.Kind == WireKind.Varint:
                    draft.SetDuration(reader.Number);
                    break;
                case 8 when draft.Node.Type == ChakraNodeType.Metadata && reader.Kind == WireKind.Bytes:
                    if (!ReadGroups(reader.Content, draft))
                        return Fail($"at byte {at}: broken inputs of {builder.Describe(draft.Node.Id, draft.Name)}");
                    break;
                case 10 when reader.Kind == WireKind.Bytes:
                    if (!ReadAttribute(reader.Content, out ReadOnlySpan<byte> name, out AttributeValue value))
                        return Fail($"at byte {at}: a broken attribute of {builder.Describe(draft.Node.Id, draft.Name)}");
                    draft.Set(name, value);
                    break;
            }
        }

        return draft.Finish();
    }

    /// <summary>A list of numbers, packed or one by one.</summary>
    private bool ReadDependencies(ref WireReader reader)
    {
        bool isData = reader.Field == 5;
        if (reader.Kind == WireKind.Varint)
        {
            Add(reader.Number, isData);
            return true;
        }

        if (reader.Kind != WireKind.Bytes)
            return false;
        WireReader packed = new(reader.Content);
        while (packed.NextPacked(out ulong id))
            Add(id, isData);
        return !packed.IsBroken;
    }

    private void Add(ulong id, bool isData)
    {
        if (isData)
            builder.AddData(id);
        else
            builder.AddControl(id);
    }

    private bool ReadGroups(ReadOnlySpan<byte> inputs, ChakraNodeDraft draft)
    {
        WireReader reader = new(inputs);
        while (reader.Next())
        {
            if (reader is { Field: 1, Kind: WireKind.Bytes })
                GroupText.Read(reader.Content, builder, mistakes, draft.Node.Id);
        }

        return !reader.IsBroken;
    }

    private static bool ReadAttribute(ReadOnlySpan<byte> message, out ReadOnlySpan<byte> name, out AttributeValue value)
    {
        WireReader reader = new(message);
        name = default;
        value = AttributeValue.Other;
        while (reader.Next())
        {
            if (reader.Field == 1 && reader.Kind == WireKind.Bytes)
                name = reader.Content;
            else if (reader.Field >= FirstListField)
                value = Value(reader);
        }

        return !reader.IsBroken;
    }

    /// <summary>The arms of the schema: odd numbers hold one value, the even one after it a list.</summary>
    private static AttributeValue Value(scoped in WireReader reader) => (reader.Field, reader.Kind) switch
    {
        (3, WireKind.Fixed64) => AttributeValue.Number(BitConverter.UInt64BitsToDouble(reader.Number)),
        (5, WireKind.Fixed32) => AttributeValue.Number(BitConverter.UInt32BitsToSingle((uint)reader.Number)),
        (7 or 9, WireKind.Varint) => AttributeValue.Signed(unchecked((long)reader.Number)),
        (11 or 13 or 27, WireKind.Varint) => AttributeValue.Unsigned(reader.Number),
        (15 or 17, WireKind.Varint) => AttributeValue.Signed(unchecked((long)(reader.Number >> 1) ^ -(long)(reader.Number & 1))),
        (19, WireKind.Fixed32) or (21, WireKind.Fixed64) => AttributeValue.Unsigned(reader.Number),
        (23, WireKind.Fixed32) => AttributeValue.Signed(unchecked((int)reader.Number)),
        (25, WireKind.Fixed64) => AttributeValue.Signed(unchecked((long)reader.Number)),
        (StringArm, WireKind.Bytes) => AttributeValue.OfText(reader.Content),
        (BooleanListArm, WireKind.Bytes) => Flags(reader.Content),
        _ => AttributeValue.Other,
    };

    private static AttributeValue Flags(ReadOnlySpan<byte> list)
    {
        WireReader reader = new(list);
        uint flags = 0;
        int count = 0;
        while (reader.Next())
        {
            if (reader.Field != 1)
                continue;
            if (reader.Kind == WireKind.Varint)
            {
                flags |= reader.Number != 0 && count < MostDimensions ? 1u << count : 0;
                count++;
                continue;
            }

            WireReader packed = new(reader.Content);
            while (packed.NextPacked(out ulong flag))
            {
                flags |= flag != 0 && count < MostDimensions ? 1u << count : 0;
                count++;
            }
        }

        return AttributeValue.Flags(flags);
    }

    private Framing NextLength(out int length)
    {
        length = 0;
        ulong value = 0;
        for (int index = 0; index < LongestLength; index++)
        {
            if (!Fill(index + 1))
            {
                if (mistakes.HasErrors && _to - _from == 0 && index == 0 && _read > limits.FileBytes)
                    return Framing.TooLarge;
                return index == 0 && _to == _from ? Framing.End : Framing.Broken;
            }

            byte part = _buffer[_from + index];
            value |= (ulong)(part & 0x7F) << (7 * index);
            if (part < 0x80)
            {
                if (value > int.MaxValue)
                    return Framing.Broken;
                _from += index + 1;
                length = (int)value;
                return Framing.Message;
            }
        }

        return Framing.Broken;
    }

    /// <summary>Makes the buffer hold the next <paramref name="count"/> bytes; false where the file ends before.</summary>
    private bool Fill(int count)
    {
        while (_to - _from < count)
        {
            if (_from > 0)
            {
                _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
                _to -= _from;
                _from = 0;
            }

            if (_to == _buffer.Length)
                Array.Resize(ref _buffer, _buffer.Length * 2);
            int got = stream.Read(_buffer, _to, _buffer.Length - _to);
            if (got == 0)
                return false;
            _to += got;
            _read += got;
            if (_read > limits.FileBytes)
            {
                mistakes.Error(ReplayCodes.TooLarge, $"more than {limits.FileBytes} bytes, unpacked");
                return false;
            }
        }

        return true;
    }

    private bool Fail(string message, string code = ReplayCodes.Broken)
    {
        mistakes.Error(code, builder.Rank >= 0 ? $"rank {builder.Rank}: {message}" : message);
        return false;
    }

    private enum Framing : byte
    {
        Message,
        End,
        Broken,
        TooLarge,
    }
}
