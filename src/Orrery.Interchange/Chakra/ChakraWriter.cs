using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Orrery.Interchange;

/// <summary>
/// Writes an execution trace in the protobuf form: the message about the trace first, then nodes. The same calls give the same bytes.
/// </summary>
/// <remarks>Source: mlcommons/chakra, schema/protobuf/et_def.proto, schema 0.0.4.</remarks>
public sealed class ChakraWriter(Stream stream)
{
    /// <summary>The schema that is written.</summary>
    public const string Version = "0.0.4";

    private const int FlushAt = 1 << 16;

    private readonly ArrayBufferWriter<byte> _message = new();
    private readonly ArrayBufferWriter<byte> _part = new();
    private readonly ArrayBufferWriter<byte> _out = new();

    /// <summary>The first message.</summary>
    public void WriteMetadata(params ReadOnlySpan<ChakraAttribute> attributes)
    {
        _message.ResetWrittenCount();
        Text(_message, 1, Version);
        foreach (ref readonly ChakraAttribute attribute in attributes)
            Attribute(2, attribute);
        Frame();
    }

    /// <summary>One node.</summary>
    /// <param name="data">Nodes whose results it needs.</param>
    /// <param name="control">Nodes that come before it in the program.</param>
    /// <param name="durationMicros">Nearest whole number of microseconds; 0 for none.</param>
    /// <param name="inputs">Text of its inputs; process groups, for a metadata node.</param>
    public void WriteNode(
        ulong id, string name, ChakraNodeType type, ReadOnlySpan<ulong> data, ReadOnlySpan<ulong> control, ulong durationMicros,
        ReadOnlySpan<ChakraAttribute> attributes, string inputs = "")
    {
        _message.ResetWrittenCount();
        if (id > 0)
            Number(_message, 1, id);
        Text(_message, 2, name);
        Number(_message, 3, (ulong)type);
        Numbers(4, control);
        Numbers(5, data);
        if (durationMicros > 0)
            Number(_message, 7, durationMicros);
        if (inputs.Length > 0)
        {
            _part.ResetWrittenCount();
            Text(_part, 1, inputs);
            Bytes(_message, 8, _part.WrittenSpan);
        }

        foreach (ref readonly ChakraAttribute attribute in attributes)
            Attribute(10, attribute);
        Frame();
    }

    /// <summary>Hands on what is still held.</summary>
    public void Flush()
    {
        stream.Write(_out.WrittenSpan);
        _out.ResetWrittenCount();
    }

    private void Frame()
    {
        Varint(_out, (ulong)_message.WrittenCount);
        _out.Write(_message.WrittenSpan);
        if (_out.WrittenCount > FlushAt)
            Flush();
    }

    private void Attribute(int field, in ChakraAttribute attribute)
    {
        _part.ResetWrittenCount();
        Text(_part, 1, attribute.Name);
        switch (attribute.Arm)
        {
            case 3:
                Varint(_part, (3 << 3) | (int)WireKind.Fixed64);
                BinaryPrimitives.WriteDoubleLittleEndian(_part.GetSpan(sizeof(double)), attribute.Real);
                _part.Advance(sizeof(double));
                break;
            case 29:
                Bytes(_part, 29, Encoding.UTF8.GetBytes(attribute.Text));
                break;
            default:
                Number(_part, attribute.Arm, unchecked((ulong)attribute.Integer));
                break;
        }

        Bytes(_message, field, _part.WrittenSpan);
    }

    private void Numbers(int field, ReadOnlySpan<ulong> numbers)
    {
        if (numbers.IsEmpty)
            return;
        _part.ResetWrittenCount();
        foreach (ulong number in numbers)
            Varint(_part, number);
        Bytes(_message, field, _part.WrittenSpan);
    }

    private static void Text(ArrayBufferWriter<byte> to, int field, string text)
    {
        if (text.Length > 0)
            Bytes(to, field, Encoding.UTF8.GetBytes(text));
    }

    private static void Bytes(ArrayBufferWriter<byte> to, int field, ReadOnlySpan<byte> bytes)
    {
        Varint(to, ((ulong)field << 3) | (int)WireKind.Bytes);
        Varint(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private static void Number(ArrayBufferWriter<byte> to, int field, ulong number)
    {
        Varint(to, (ulong)field << 3);
        Varint(to, number);
    }

    private static void Varint(ArrayBufferWriter<byte> to, ulong number)
    {
        Span<byte> room = to.GetSpan(10);
        int length = 0;
        while (number >= 0x80)
        {
            room[length++] = (byte)(number | 0x80);
            number >>= 7;
        }

        room[length++] = (byte)number;
        to.Advance(length);
    }
}
