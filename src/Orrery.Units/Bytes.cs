namespace Orrery.Units;

/// <summary>An amount of data, in B. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Bytes(double Value) : IComparable<Bytes>
{
    /// <summary>The symbol of the base unit: <c>B</c>.</summary>
    public const string Symbol = "B";

    public static Bytes Zero => default;

    public static Bytes operator +(Bytes left, Bytes right) => new(left.Value + right.Value);

    public static Bytes operator -(Bytes left, Bytes right) => new(left.Value - right.Value);

    public static Bytes operator *(Bytes left, double right) => new(left.Value * right);

    public static Bytes operator *(double left, Bytes right) => new(left * right.Value);

    public static Bytes operator /(Bytes left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Bytes left, Bytes right) => left.Value / right.Value;

    public static Seconds operator /(Bytes left, BytesPerSecond right) => new(left.Value / right.Value);

    public static BytesPerSecond operator /(Bytes left, Seconds right) => new(left.Value / right.Value);

    public static bool operator <(Bytes left, Bytes right) => left.Value < right.Value;

    public static bool operator >(Bytes left, Bytes right) => left.Value > right.Value;

    public static bool operator <=(Bytes left, Bytes right) => left.Value <= right.Value;

    public static bool operator >=(Bytes left, Bytes right) => left.Value >= right.Value;

    public static Bytes Max(Bytes left, Bytes right) => new(Math.Max(left.Value, right.Value));

    public static Bytes Min(Bytes left, Bytes right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Bytes other) => Value.CompareTo(other.Value);
}
