using System.Buffers.Text;
using System.Text;

namespace Orrery.Interchange;

/// <summary>What an attribute of a node holds.</summary>
internal enum AttributeKind : byte
{
    Other,
    Integer,
    Real,
    Text,

    /// <summary>A list of true and false, as bits.</summary>
    Flags,
}

/// <summary>
/// The value of one attribute, whichever of the widths of the schema it was written in: producers disagree about them, so all are read alike.
/// </summary>
internal readonly ref struct AttributeValue
{
    private AttributeValue(AttributeKind kind, double real, ulong bits, ReadOnlySpan<byte> text)
    {
        Kind = kind;
        Real = real;
        Bits = bits;
        Text = text;
    }

    public AttributeKind Kind { get; }

    /// <summary>The number; exact for integers up to 2^53, beyond which no size or rank is meant.</summary>
    public double Real { get; }

    /// <summary>An integer's two's complement, or flags.</summary>
    public ulong Bits { get; }

    public ReadOnlySpan<byte> Text { get; }

    public static AttributeValue Other => default;

    public static AttributeValue Signed(long value) => new(AttributeKind.Integer, value, unchecked((ulong)value), default);

    public static AttributeValue Unsigned(ulong value) => new(AttributeKind.Integer, value, value, default);

    public static AttributeValue Number(double value) => new(AttributeKind.Real, value, 0, default);

    public static AttributeValue OfText(ReadOnlySpan<byte> text) => new(AttributeKind.Text, double.NaN, 0, text);

    public static AttributeValue Flags(uint flags) => new(AttributeKind.Flags, double.NaN, flags, default);

    /// <summary>The number that was written, as a number or as text (JSON writes wide integers so).</summary>
    public bool TryNumber(out double number)
    {
        number = Real;
        if (Kind is AttributeKind.Integer or AttributeKind.Real)
            return double.IsFinite(number);
        return Kind == AttributeKind.Text && Utf8Parser.TryParse(Text, out number, out int read) && read == Text.Length && double.IsFinite(number);
    }

    /// <summary>True or false, written as such, as a number or as text.</summary>
    public bool TryFlag(out bool flag)
    {
        flag = false;
        if (Kind == AttributeKind.Text && (Text.SequenceEqual("true"u8) || Text.SequenceEqual("false"u8)))
            flag = Text.Length == 4;
        else if (TryNumber(out double number))
            flag = number != 0;
        else
            return false;
        return true;
    }

    /// <summary>The value in words, for messages.</summary>
    public string Words() => Kind switch
    {
        AttributeKind.Integer => Real < 0 ? unchecked((long)Bits).ToString() : Bits.ToString(),
        AttributeKind.Real => Real.ToString("R"),
        AttributeKind.Text => $"'{TraceMistakes.Clean(Encoding.UTF8.GetString(Text[..Math.Min(Text.Length, 120)]))}'",
        AttributeKind.Flags => "a list of flags",
        _ => "a value of another kind",
    };
}
