namespace Orrery.Units;

/// <summary>A data rate, one direction, in B/s. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct BytesPerSecond(double Value) : IComparable<BytesPerSecond>
{
    /// <summary>The symbol of the base unit: <c>B/s</c>.</summary>
    public const string Symbol = "B/s";

    public static BytesPerSecond Zero => default;

    public static BytesPerSecond operator +(BytesPerSecond left, BytesPerSecond right) => new(left.Value + right.Value);

    public static BytesPerSecond operator -(BytesPerSecond left, BytesPerSecond right) => new(left.Value - right.Value);

    public static BytesPerSecond operator *(BytesPerSecond left, double right) => new(left.Value * right);

    public static BytesPerSecond operator *(double left, BytesPerSecond right) => new(left * right.Value);

    public static BytesPerSecond operator /(BytesPerSecond left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(BytesPerSecond left, BytesPerSecond right) => left.Value / right.Value;

    public static Bytes operator *(BytesPerSecond left, Seconds right) => new(left.Value * right.Value);

    public static bool operator <(BytesPerSecond left, BytesPerSecond right) => left.Value < right.Value;

    public static bool operator >(BytesPerSecond left, BytesPerSecond right) => left.Value > right.Value;

    public static bool operator <=(BytesPerSecond left, BytesPerSecond right) => left.Value <= right.Value;

    public static bool operator >=(BytesPerSecond left, BytesPerSecond right) => left.Value >= right.Value;

    public static BytesPerSecond Max(BytesPerSecond left, BytesPerSecond right) => new(Math.Max(left.Value, right.Value));

    public static BytesPerSecond Min(BytesPerSecond left, BytesPerSecond right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(BytesPerSecond other) => Value.CompareTo(other.Value);
}
