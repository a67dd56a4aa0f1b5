namespace Orrery.Units;

/// <summary>A power, in W. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Watts(double Value) : IComparable<Watts>
{
    /// <summary>The symbol of the base unit: <c>W</c>.</summary>
    public const string Symbol = "W";

    public static Watts Zero => default;

    public static Watts operator +(Watts left, Watts right) => new(left.Value + right.Value);

    public static Watts operator -(Watts left, Watts right) => new(left.Value - right.Value);

    public static Watts operator *(Watts left, double right) => new(left.Value * right);

    public static Watts operator *(double left, Watts right) => new(left * right.Value);

    public static Watts operator /(Watts left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Watts left, Watts right) => left.Value / right.Value;

    public static Joules operator *(Watts left, Seconds right) => new(left.Value * right.Value);

    public static bool operator <(Watts left, Watts right) => left.Value < right.Value;

    public static bool operator >(Watts left, Watts right) => left.Value > right.Value;

    public static bool operator <=(Watts left, Watts right) => left.Value <= right.Value;

    public static bool operator >=(Watts left, Watts right) => left.Value >= right.Value;

    public static Watts Max(Watts left, Watts right) => new(Math.Max(left.Value, right.Value));

    public static Watts Min(Watts left, Watts right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Watts other) => Value.CompareTo(other.Value);
}
