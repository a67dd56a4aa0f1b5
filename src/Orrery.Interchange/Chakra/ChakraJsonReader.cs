using System.Text;
using System.Text.Json;

namespace Orrery.Interchange;

/// <summary>
/// Reads the JSON forms there are: an object with <c>workload_graph</c> or <c>nodes</c>, a list of nodes, or one object a node as protobuf prints them.
/// Keys are read without regard to case, underscores and hyphens, because producers differ in them; what is written as text where a number is meant is
/// read as that number.
/// </summary>
internal sealed class ChakraJsonReader(byte[] bytes, ChakraLimits limits, ChakraTraceBuilder builder, TraceMistakes mistakes)
{
    private const int LongestKey = 64;

    private readonly ChakraNodeDraft _draft = new(builder, mistakes);
    private readonly byte[] _key = new byte[LongestKey];
    private int _lineAt;
    private int _line = 1;
    private bool _isFull;

    /// <summary>Reads all there is; false where it is no JSON, with the mistake told.</summary>
    public bool Read()
    {
        int start = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        Utf8JsonReader reader = new(bytes.AsSpan(start), new JsonReaderOptions { MaxDepth = limits.JsonDepth, AllowMultipleValues = true });
        _lineAt = start;
        try
        {
            bool isFirst = true;
            while (!_isFull && reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartArray)
                    ReadNodes(ref reader, start);
                else if (reader.TokenType != JsonTokenType.StartObject)
                    return Fail("expected an object or a list of nodes", Line(start + reader.TokenStartIndex), 1);
                else
                    ReadRoot(ref reader, start, isFirst);
                isFirst = false;
            }

            return !_isFull;
        }
        catch (JsonException mistake)
        {
            // The reader counts both from 0, the column in bytes.
            int line = (int)Math.Min(int.MaxValue - 1, mistake.LineNumber ?? 0) + 1;
            int column = (int)Math.Min(int.MaxValue - 1, mistake.BytePositionInLine ?? 0) + 1;
            int tail = mistake.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            return Fail($"not valid JSON: {TraceMistakes.Clean(tail < 0 ? mistake.Message : mistake.Message[..tail])}", line, column);
        }
        catch (InvalidOperationException)
        {
            // Text that is not UTF-8, or holds half of a surrogate pair, is only found when it is read.
            return Fail("text that is not valid Unicode", Line(start + reader.TokenStartIndex), 1);
        }
    }

    /// <summary>An object at the top: the whole trace, what is said about it, or one node.</summary>
    private void ReadRoot(ref Utf8JsonReader reader, int start, bool isFirst)
    {
        int line = Line(start + reader.TokenStartIndex);
        Utf8JsonReader ahead = reader;
        bool isNode = !isFirst;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> key = Key(ref ahead);
            isNode |= key.SequenceEqual("id"u8) || key.SequenceEqual("type"u8) || key.SequenceEqual("nodetype"u8);
            ahead.Read();
            ahead.Skip();
        }

        if (isNode)
        {
            ReadNode(ref reader, line);
            return;
        }

        bool hasVersion = false, isOld = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> key = Key(ref reader);
            bool isGraph = key.SequenceEqual("workloadgraph"u8), isNodes = key.SequenceEqual("nodes"u8);
            bool isVersion = key.SequenceEqual("version"u8), isAttributes = key.SequenceEqual("attr"u8);
            bool isSchema = key.SequenceEqual("schema"u8);
            reader.Read();
            isOld |= isSchema && reader.TokenType == JsonTokenType.String && ChakraMetadata.IsOldSchema("schema"u8, reader.ValueSpan);
            if (isVersion)
                hasVersion = reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length > 0;
            if ((isGraph || isNodes) && reader.TokenType == JsonTokenType.StartArray)
            {
                // The producers of this form write the tree of operators, by the numbers of the recording, as control dependencies.
                builder.HasOperatorTree |= isGraph;
                ReadNodes(ref reader, start);
                if (_isFull)
                    return;
            }
            else if (isAttributes && reader.TokenType == JsonTokenType.StartArray)
            {
                isOld |= ReadTraceAttributes(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        builder.HasOperatorTree |= isOld && !hasVersion;
    }

    private void ReadNodes(ref Utf8JsonReader reader, int start)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            int line = Line(start + reader.TokenStartIndex);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                mistakes.Error(ReplayCodes.Broken, "a list of nodes holds something else", line, 1);
                reader.Skip();
            }
            else
            {
                ReadNode(ref reader, line);
            }

            if (_isFull || mistakes.IsFull)
            {
                _isFull = true;
                return;
            }
        }
    }

    private void ReadNode(ref Utf8JsonReader reader, int line)
    {
        _draft.Clear();
        _draft.Line = line;
        Utf8JsonReader ahead = reader;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> key = Key(ref ahead);
            int which = key.SequenceEqual("id"u8) ? 1 : key.SequenceEqual("name"u8) ? 2 : key.SequenceEqual("type"u8) || key.SequenceEqual("nodetype"u8) ? 3 : 0;
            ahead.Read();
            if (which == 1)
                _draft.Node.Id = Identity(ref ahead, "Id");
            else if (which == 2 && ahead.TokenType == JsonTokenType.String)
                _draft.SetName(Encoding.UTF8.GetBytes(ahead.GetString() ?? ""));
            else if (which == 3)
                ReadType(ref ahead);
            ahead.Skip();
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> key = Key(ref reader);
            bool isData = key.SequenceEqual("datadeps"u8) || key.SequenceEqual("parent"u8);
            if (isData || key.SequenceEqual("ctrldeps"u8))
            {
                reader.Read();
                ReadDependencies(ref reader, isData);
            }
            else if (key.SequenceEqual("runtime"u8) || key.SequenceEqual("durationmicros"u8) || key.SequenceEqual("duration"u8))
            {
                reader.Read();
                ReadDuration(ref reader);
            }
            else if (key.SequenceEqual("starttimemicros"u8))
            {
                reader.Read();
                _draft.Node.StartMicros = Identity(ref reader, "start");
                reader.Skip();
            }
            else if (key.SequenceEqual("attr"u8) || key.SequenceEqual("attrs"u8))
            {
                reader.Read();
                ReadAttributes(ref reader);
            }
            else if (key.SequenceEqual("inputs"u8) && _draft.Node.Type == ChakraNodeType.Metadata)
            {
                reader.Read();
                ReadInputs(ref reader);
            }
            else
            {
                ReadOnlySpan<byte> name = AttributeOf(key);
                reader.Read();
                Set(ref reader, name);
            }
        }

        _isFull |= !_draft.Finish();
    }

    /// <summary>The attribute that a key of a node stands for, under the name of the protobuf form; empty for none.</summary>
    private static ReadOnlySpan<byte> AttributeOf(ReadOnlySpan<byte> key) =>
        key.SequenceEqual("iscpuop"u8) ? "is_cpu_op"u8
        : key.SequenceEqual("numops"u8) ? "num_ops"u8
        : key.SequenceEqual("tensorsize"u8) ? "tensor_size"u8
        : key.SequenceEqual("commtype"u8) ? "comm_type"u8
        : key.SequenceEqual("commsize"u8) ? "comm_size"u8
        : key.SequenceEqual("commsrc"u8) ? "comm_src"u8
        : key.SequenceEqual("commdst"u8) ? "comm_dst"u8
        : key.SequenceEqual("commtag"u8) ? "comm_tag"u8
        : key.SequenceEqual("pgname"u8) || key.SequenceEqual("commgroup"u8) ? "pg_name"u8
        : key.SequenceEqual("involveddim"u8) ? "involved_dim"u8
        : key.SequenceEqual("tid"u8) ? "tid"u8
        : default;

    private void ReadType(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            ReadOnlySpan<string> names = ["INVALID_NODE", "METADATA_NODE", "MEM_LOAD_NODE", "MEM_STORE_NODE", "COMP_NODE", "COMM_SEND_NODE", "COMM_RECV_NODE", "COMM_COLL_NODE"];
            string text = reader.GetString() ?? "";
            int type = names.IndexOf(text);
            if (type >= 0)
                _draft.SetType((ulong)type);
            else
                mistakes.Error(ReplayCodes.BadAttribute, $"{builder.Describe(_draft.Node.Id, _draft.Name)} has type '{TraceMistakes.Clean(text)}'; expected one of {string.Join(", ", names[1..].ToArray())}", _draft.Line, 1);
        }
        else
        {
            _draft.SetType(Identity(ref reader, "NodeType"));
        }
    }

    private void ReadDuration(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out double micros))
            _draft.SetDuration(micros);
        else if (reader.TokenType == JsonTokenType.String && double.TryParse(reader.GetString(), out micros))
            _draft.SetDuration(micros);
        else if (reader.TokenType != JsonTokenType.Null)
            mistakes.Error(ReplayCodes.BadAttribute, $"{builder.Describe(_draft.Node.Id, _draft.Name)} has a duration that is no number", _draft.Line, 1);
        reader.Skip();
    }

    private void ReadDependencies(ref Utf8JsonReader reader, bool isData)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            if (reader.TokenType != JsonTokenType.Null)
                mistakes.Error(ReplayCodes.Broken, $"{builder.Describe(_draft.Node.Id, _draft.Name)} has dependencies that are no list", _draft.Line, 1);
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            ulong id = Identity(ref reader, "dependency");
            reader.Skip();
            if (isData)
                builder.AddData(id);
            else
                builder.AddControl(id);
        }
    }

    private void ReadInputs(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool isValues = Key(ref reader).SequenceEqual("values"u8);
            reader.Read();
            if (isValues && reader.TokenType == JsonTokenType.String)
                GroupText.Read(Encoding.UTF8.GetBytes(reader.GetString() ?? ""), builder, mistakes, _draft.Node.Id);
            reader.Skip();
        }
    }

    /// <summary>Attributes as protobuf prints them: a list of objects with a name and one value.</summary>
    private void ReadAttributes(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            byte[] name = ReadAttributeName(reader);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isName = Key(ref reader).SequenceEqual("name"u8) || Key(ref reader).SequenceEqual("docstring"u8);
                reader.Read();
                Set(ref reader, isName ? default : name);
            }
        }
    }

    /// <summary>Attributes of the trace; true where one of them is a schema before 0.0.4.</summary>
    private bool ReadTraceAttributes(ref Utf8JsonReader reader)
    {
        bool isOld = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            byte[] name = ReadAttributeName(reader);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isName = Key(ref reader).SequenceEqual("name"u8);
                reader.Read();
                if (!isName && reader.TokenType is JsonTokenType.Number or JsonTokenType.String)
                {
                    AttributeValue value = Value(ref reader, out _);
                    isOld |= ChakraMetadata.IsOldSchema(name, value.Text);
                    ChakraMetadata.Take(builder, mistakes, name, value);
                }

                reader.Skip();
            }
        }

        return isOld;
    }

    private byte[] ReadAttributeName(Utf8JsonReader ahead)
    {
        byte[] name = [];
        if (ahead.TokenType != JsonTokenType.StartObject)
            return name;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            bool isName = Key(ref ahead).SequenceEqual("name"u8);
            ahead.Read();
            if (isName && ahead.TokenType == JsonTokenType.String)
                name = Encoding.UTF8.GetBytes(ahead.GetString() ?? "");
            ahead.Skip();
        }

        return name;
    }

    private void Set(ref Utf8JsonReader reader, scoped ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty && reader.TokenType == JsonTokenType.StartObject)
        {
            // A list arm: {"values": [...]}.
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                reader.Read();
                Set(ref reader, name);
            }

            return;
        }

        if (!name.IsEmpty && reader.TokenType == JsonTokenType.StartArray)
        {
            uint flags = 0;
            int count = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                flags |= reader.TokenType == JsonTokenType.True && count < 32 ? 1u << count : 0;
                count++;
                reader.Skip();
            }

            _draft.Set(name, AttributeValue.Flags(flags));
            return;
        }

        if (!name.IsEmpty && reader.TokenType is JsonTokenType.Number or JsonTokenType.String or JsonTokenType.True or JsonTokenType.False)
            _draft.Set(name, Value(ref reader, out _));
        reader.Skip();
    }

    private static AttributeValue Value(ref Utf8JsonReader reader, out byte[] text)
    {
        text = [];
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return AttributeValue.Unsigned(1);
            case JsonTokenType.False:
                return AttributeValue.Unsigned(0);
            case JsonTokenType.Number when reader.TryGetInt64(out long signed):
                return AttributeValue.Signed(signed);
            case JsonTokenType.Number when reader.TryGetUInt64(out ulong unsigned):
                return AttributeValue.Unsigned(unsigned);
            case JsonTokenType.Number:
                return AttributeValue.Number(reader.TryGetDouble(out double number) ? number : double.NaN);
            default:
                text = Encoding.UTF8.GetBytes(reader.GetString() ?? "");
                return AttributeValue.OfText(text);
        }
    }

    /// <summary>A number that names something: a whole number, which protobuf prints as text.</summary>
    private ulong Identity(ref Utf8JsonReader reader, string what)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetUInt64(out ulong id))
            return id;
        if (reader.TokenType == JsonTokenType.String && ulong.TryParse(reader.GetString(), System.Globalization.NumberStyles.None, null, out id))
            return id;
        mistakes.Error(ReplayCodes.Broken, $"{builder.Describe(_draft.Node.Id, _draft.Name)} has a {what} that is no whole number", _draft.Line, 1);
        return 0;
    }

    /// <summary>The key in small letters without underscores and hyphens; empty where it is longer than any we know.</summary>
    private ReadOnlySpan<byte> Key(ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> written = reader.ValueSpan;
        if (written.Length > LongestKey)
            return default;
        int length = 0;
        foreach (byte letter in written)
        {
            if (letter is (byte)'_' or (byte)'-')
                continue;
            _key[length++] = letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter + 32) : letter;
        }

        return _key.AsSpan(0, length);
    }

    /// <summary>Line of an offset; asked in growing order, so each byte is looked at once.</summary>
    private int Line(long offset)
    {
        int end = (int)Math.Min(offset, bytes.Length);
        if (end > _lineAt)
        {
            _line += bytes.AsSpan(_lineAt, end - _lineAt).Count((byte)'\n');
            _lineAt = end;
        }

        return _line;
    }

    private bool Fail(string message, int line, int column)
    {
        mistakes.Error(ReplayCodes.Broken, message, line, column);
        return false;
    }
}
