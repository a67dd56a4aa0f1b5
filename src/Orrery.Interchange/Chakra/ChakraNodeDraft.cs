using System.Text;

namespace Orrery.Interchange;

/// <summary>
/// One node while it is read, from either form of the file: takes attributes by name, complains about values that cannot be meant, and says at the end
/// what the type of the node needs and does not have.
/// </summary>
internal sealed class ChakraNodeDraft(ChakraTraceBuilder builder, TraceMistakes mistakes)
{
    /// <summary>A clock of picoseconds ends after 106 days.</summary>
    public const ulong MostMicros = 9_000_000_000_000;

    private const double LargestSize = 1L << 60;
    private const double MostOperations = 1e30;
    private const double MostRepeats = 1e9;
    private const int LongestName = 4096;
    private const double PicosPerMicro = 1e6;

    private readonly byte[] _name = new byte[LongestName];
    private int _nameLength;
    private ChakraNode _node;
    private bool _hasCollective;
    private bool _hasExactTime;

    /// <summary>Line of the node in its file; 0 where it has none.</summary>
    public int Line { get; set; }

    public ReadOnlySpan<byte> Name => _name.AsSpan(0, _nameLength);

    public ref ChakraNode Node => ref _node;

    public void Clear()
    {
        _node = new ChakraNode { CommunicationBytes = -1, Source = -1, Destination = -1, Group = -1, Exposed = 1, Repeats = 1 };
        _nameLength = 0;
        _hasCollective = false;
        _hasExactTime = false;
        Line = 0;
    }

    public void SetName(ReadOnlySpan<byte> name)
    {
        _nameLength = Math.Min(name.Length, LongestName);
        name[.._nameLength].CopyTo(_name);
    }

    public void SetType(ulong type)
    {
        if (type is > 0 and <= (ulong)ChakraNodeType.Collective)
            _node.Type = (ChakraNodeType)type;
        else
            Complain(ReplayCodes.BadAttribute, $"has type {type}; expected 1 to 7");
    }

    public void SetDuration(ulong micros)
    {
        if (micros > MostMicros)
            Complain(ReplayCodes.BadAttribute, $"lasts {micros} us; at most {MostMicros} can be");
        else if (!_hasExactTime)
            _node.DurationPicos = (long)micros * 1_000_000;
    }

    public void SetDuration(double micros)
    {
        if (micros is not (>= 0 and <= MostMicros))
            Complain(ReplayCodes.BadAttribute, $"lasts {micros:R} us; expected 0 to {MostMicros}");
        else if (!_hasExactTime)
            _node.DurationPicos = (long)Math.Round(micros * PicosPerMicro);
    }

    /// <summary>Takes an attribute; those that do not bear on time are passed over.</summary>
    public void Set(scoped ReadOnlySpan<byte> name, scoped in AttributeValue value)
    {
        switch (name.Length)
        {
            case 3 when name.SequenceEqual("tid"u8):
                // The stream or thread is only compared with others.
                if (value.TryNumber(out double thread))
                    _node.Thread = unchecked((int)(long)thread);
                break;
            case 6 when name.SequenceEqual("stream"u8):
                if (value.TryNumber(out double stream))
                    _node.Thread = unchecked((int)(long)stream);
                break;
            case 7 when name.SequenceEqual("num_ops"u8):
                _node.Operations = Number("num_ops", value, 0, MostOperations, 0);
                break;
            case 7 when name.SequenceEqual("pg_name"u8):
                SetGroup(value);
                break;
            case 8 when name.SequenceEqual("comm_src"u8):
                _node.Source = (int)Number("comm_src", value, 0, int.MaxValue, -1);
                break;
            case 8 when name.SequenceEqual("comm_dst"u8):
                _node.Destination = (int)Number("comm_dst", value, 0, int.MaxValue, -1);
                break;
            case 8 when name.SequenceEqual("comm_tag"u8):
                _node.Tag = (long)Number("comm_tag", value, long.MinValue / 2, LargestSize, 0);
                break;
            case 9 when name.SequenceEqual("comm_size"u8):
                _node.CommunicationBytes = Number("comm_size", value, 0, LargestSize, 0);
                break;
            case 9 when name.SequenceEqual("comm_type"u8):
                SetCollective(value);
                break;
            case 9 when name.SequenceEqual("is_cpu_op"u8):
                if (value.TryFlag(out bool isHost))
                    _node.IsHost = isHost;
                else
                    Complain(ReplayCodes.BadAttribute, $"has is_cpu_op {value.Words()}; expected true or false");
                break;
            case 11 when name.SequenceEqual("tensor_size"u8):
                _node.TensorBytes = Number("tensor_size", value, 0, LargestSize, 0);
                break;
            case 12 when name.SequenceEqual("involved_dim"u8) && value.Kind == AttributeKind.Flags:
                _node.Dimensions = (uint)value.Bits;
                _node.HasDimensions = true;
                break;
            case 14 when name.SequenceEqual("orrery_repeats"u8):
                _node.Repeats = Number("orrery_repeats", value, 0, MostRepeats, 1);
                break;
            case 14 when name.SequenceEqual("orrery_exposed"u8):
                _node.Exposed = Number("orrery_exposed", value, 0, MostRepeats, 1);
                break;
            case 17 when name.SequenceEqual("orrery_rendezvous"u8):
                _node.IsRendezvous = value.TryFlag(out bool meets) && meets;
                break;
            case 18 when name.SequenceEqual("orrery_picoseconds"u8):
                _node.DurationPicos = (long)Number("orrery_picoseconds", value, 0, MostMicros * PicosPerMicro, 0);
                _hasExactTime = true;
                break;
        }
    }

    /// <summary>Ends the node: hands it to the trace.</summary>
    public bool Finish()
    {
        ref ChakraNode node = ref _node;
        if (node.Type == ChakraNodeType.Invalid)
            Complain(ReplayCodes.BadAttribute, "has no type");

        // Some generators write the type of the node into comm_type of what is no collective.
        node.Collective = node.Type == ChakraNodeType.Collective && _hasCollective ? node.Collective : ChakraCollective.Unstated;
        switch (node.Type)
        {
            case ChakraNodeType.Collective when node.Collective == ChakraCollective.Unstated:
                if (!node.IsHost && node.DurationPicos == 0)
                    Complain(ReplayCodes.BadAttribute, "is a collective without comm_type and without a duration");
                break;
            case ChakraNodeType.Collective when node.Collective != ChakraCollective.Barrier && node.CommunicationBytes <= 0:
                Complain(ReplayCodes.BadAttribute, "is a collective whose comm_size is missing or 0");
                break;
            case ChakraNodeType.Send when node.Destination < 0:
                Complain(ReplayCodes.BadAttribute, "sends and has no comm_dst");
                break;
            case ChakraNodeType.Receive when node.Source < 0:
                Complain(ReplayCodes.BadAttribute, "receives and has no comm_src");
                break;
            case ChakraNodeType.Send or ChakraNodeType.Receive when node.CommunicationBytes <= 0:
                Complain(ReplayCodes.BadAttribute, "is a message whose comm_size is missing or 0");
                break;
        }

        return builder.Add(node, Name, Line);
    }

    private void SetCollective(in AttributeValue value)
    {
        _hasCollective = true;
        if (value.TryNumber(out double type) && type is >= 0 and <= (double)ChakraCollective.Barrier && type == Math.Floor(type))
            _node.Collective = (ChakraCollective)(byte)type;
        else if (_node.Type is not (ChakraNodeType.Send or ChakraNodeType.Receive))
            Complain(ReplayCodes.UnknownCollective, $"has comm_type {value.Words()}; expected 0 (all-reduce) to 9 (barrier)");
    }

    private void SetGroup(in AttributeValue value)
    {
        if (value.Kind == AttributeKind.Text)
            _node.Group = value.Text.IsEmpty ? -1 : builder.GroupNumber(Encoding.UTF8.GetString(value.Text[..Math.Min(value.Text.Length, LongestName)]));
        else if (value.Kind == AttributeKind.Integer)
            _node.Group = builder.GroupNumber(value.Words());
        else
            Complain(ReplayCodes.BadAttribute, $"has pg_name {value.Words()}; expected the name of a process group");
    }

    private double Number(string name, in AttributeValue value, double low, double high, double fallback)
    {
        if (value.TryNumber(out double number) && number >= low && number <= high)
            return number;
        Complain(ReplayCodes.BadAttribute, $"has {name} {value.Words()}; expected {low:R} to {high:R}");
        return fallback;
    }

    private void Complain(string code, string what) => mistakes.Error(code, $"{builder.Describe(_node.Id, Name)} {what}", Line, Line > 0 ? 1 : 0);
}
