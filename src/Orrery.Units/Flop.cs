namespace Orrery.Units;

/// <summary>A count of floating-point operations, in FLOP. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Flop(double Value) : IComparable<Flop>
{
    /// <summary>The symbol of the base unit: <c>FLOP</c>.</summary>
    public const string Symbol = "FLOP";

    public static Flop Zero => default;

    public static Flop operator +(Flop left, Flop right) => new(left.Value + right.Value);

    public static Flop operator -(Flop left, Flop right) => new(left.Value - right.Value);

    public static Flop operator *(Flop left, double right) => new(left.Value * right);

    public static Flop operator *(double left, Flop right) => new(left * right.Value);

    public static Flop operator /(Flop left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Flop left, Flop right) => left.Value / right.Value;

    public static Seconds operator /(Flop left, FlopPerSecond right) => new(left.Value / right.Value);

    public static FlopPerSecond operator /(Flop left, Seconds right) => new(left.Value / right.Value);

    public static bool operator <(Flop left, Flop right) => left.Value < right.Value;

    public static bool operator >(Flop left, Flop right) => left.Value > right.Value;

    public static bool operator <=(Flop left, Flop right) => left.Value <= right.Value;

    public static bool operator >=(Flop left, Flop right) => left.Value >= right.Value;

    public static Flop Max(Flop left, Flop right) => new(Math.Max(left.Value, right.Value));

    public static Flop Min(Flop left, Flop right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Flop other) => Value.CompareTo(other.Value);
}
