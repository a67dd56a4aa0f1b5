namespace Orrery.Units;

/// <summary>Money in United States dollars, in USD. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Dollars(double Value) : IComparable<Dollars>
{
    /// <summary>The symbol of the base unit: <c>USD</c>.</summary>
    public const string Symbol = "USD";

    public static Dollars Zero => default;

    public static Dollars operator +(Dollars left, Dollars right) => new(left.Value + right.Value);

    public static Dollars operator -(Dollars left, Dollars right) => new(left.Value - right.Value);

    public static Dollars operator *(Dollars left, double right) => new(left.Value * right);

    public static Dollars operator *(double left, Dollars right) => new(left * right.Value);

    public static Dollars operator /(Dollars left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Dollars left, Dollars right) => left.Value / right.Value;

    public static bool operator <(Dollars left, Dollars right) => left.Value < right.Value;

    public static bool operator >(Dollars left, Dollars right) => left.Value > right.Value;

    public static bool operator <=(Dollars left, Dollars right) => left.Value <= right.Value;

    public static bool operator >=(Dollars left, Dollars right) => left.Value >= right.Value;

    public static Dollars Max(Dollars left, Dollars right) => new(Math.Max(left.Value, right.Value));

    public static Dollars Min(Dollars left, Dollars right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Dollars other) => Value.CompareTo(other.Value);
}
