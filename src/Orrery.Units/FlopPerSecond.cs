namespace Orrery.Units;

/// <summary>A compute rate, in FLOP/s. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct FlopPerSecond(double Value) : IComparable<FlopPerSecond>
{
    /// <summary>The symbol of the base unit: <c>FLOP/s</c>.</summary>
    public const string Symbol = "FLOP/s";

    public static FlopPerSecond Zero => default;

    public static FlopPerSecond operator +(FlopPerSecond left, FlopPerSecond right) => new(left.Value + right.Value);

    public static FlopPerSecond operator -(FlopPerSecond left, FlopPerSecond right) => new(left.Value - right.Value);

    public static FlopPerSecond operator *(FlopPerSecond left, double right) => new(left.Value * right);

    public static FlopPerSecond operator *(double left, FlopPerSecond right) => new(left * right.Value);

    public static FlopPerSecond operator /(FlopPerSecond left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(FlopPerSecond left, FlopPerSecond right) => left.Value / right.Value;

    public static Flop operator *(FlopPerSecond left, Seconds right) => new(left.Value * right.Value);

    public static bool operator <(FlopPerSecond left, FlopPerSecond right) => left.Value < right.Value;

    public static bool operator >(FlopPerSecond left, FlopPerSecond right) => left.Value > right.Value;

    public static bool operator <=(FlopPerSecond left, FlopPerSecond right) => left.Value <= right.Value;

    public static bool operator >=(FlopPerSecond left, FlopPerSecond right) => left.Value >= right.Value;

    public static FlopPerSecond Max(FlopPerSecond left, FlopPerSecond right) => new(Math.Max(left.Value, right.Value));

    public static FlopPerSecond Min(FlopPerSecond left, FlopPerSecond right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(FlopPerSecond other) => Value.CompareTo(other.Value);
}
