namespace Orrery.Units;

/// <summary>A duration, in s. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Seconds(double Value) : IComparable<Seconds>
{
    /// <summary>The symbol of the base unit: <c>s</c>.</summary>
    public const string Symbol = "s";

    public static Seconds Zero => default;

    public static Seconds operator +(Seconds left, Seconds right) => new(left.Value + right.Value);

    public static Seconds operator -(Seconds left, Seconds right) => new(left.Value - right.Value);

    public static Seconds operator *(Seconds left, double right) => new(left.Value * right);

    public static Seconds operator *(double left, Seconds right) => new(left * right.Value);

    public static Seconds operator /(Seconds left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Seconds left, Seconds right) => left.Value / right.Value;

    public static Joules operator *(Seconds left, Watts right) => new(left.Value * right.Value);

    public static Bytes operator *(Seconds left, BytesPerSecond right) => new(left.Value * right.Value);

    public static Flop operator *(Seconds left, FlopPerSecond right) => new(left.Value * right.Value);

    public static bool operator <(Seconds left, Seconds right) => left.Value < right.Value;

    public static bool operator >(Seconds left, Seconds right) => left.Value > right.Value;

    public static bool operator <=(Seconds left, Seconds right) => left.Value <= right.Value;

    public static bool operator >=(Seconds left, Seconds right) => left.Value >= right.Value;

    public static Seconds Max(Seconds left, Seconds right) => new(Math.Max(left.Value, right.Value));

    public static Seconds Min(Seconds left, Seconds right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Seconds other) => Value.CompareTo(other.Value);
}
