namespace Orrery.Units;

/// <summary>An energy, in J. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Joules(double Value) : IComparable<Joules>
{
    /// <summary>The symbol of the base unit: <c>J</c>.</summary>
    public const string Symbol = "J";

    public static Joules Zero => default;

    public static Joules operator +(Joules left, Joules right) => new(left.Value + right.Value);

    public static Joules operator -(Joules left, Joules right) => new(left.Value - right.Value);

    public static Joules operator *(Joules left, double right) => new(left.Value * right);

    public static Joules operator *(double left, Joules right) => new(left * right.Value);

    public static Joules operator /(Joules left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Joules left, Joules right) => left.Value / right.Value;

    public static Watts operator /(Joules left, Seconds right) => new(left.Value / right.Value);

    public static Seconds operator /(Joules left, Watts right) => new(left.Value / right.Value);

    public static bool operator <(Joules left, Joules right) => left.Value < right.Value;

    public static bool operator >(Joules left, Joules right) => left.Value > right.Value;

    public static bool operator <=(Joules left, Joules right) => left.Value <= right.Value;

    public static bool operator >=(Joules left, Joules right) => left.Value >= right.Value;

    public static Joules Max(Joules left, Joules right) => new(Math.Max(left.Value, right.Value));

    public static Joules Min(Joules left, Joules right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Joules other) => Value.CompareTo(other.Value);
}
