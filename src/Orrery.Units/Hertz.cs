namespace Orrery.Units;

/// <summary>A clock rate, in Hz. SI base unit inside; prefixes exist only in text.</summary>
public readonly record struct Hertz(double Value) : IComparable<Hertz>
{
    /// <summary>The symbol of the base unit: <c>Hz</c>.</summary>
    public const string Symbol = "Hz";

    public static Hertz Zero => default;

    public static Hertz operator +(Hertz left, Hertz right) => new(left.Value + right.Value);

    public static Hertz operator -(Hertz left, Hertz right) => new(left.Value - right.Value);

    public static Hertz operator *(Hertz left, double right) => new(left.Value * right);

    public static Hertz operator *(double left, Hertz right) => new(left * right.Value);

    public static Hertz operator /(Hertz left, double right) => new(left.Value / right);

    /// <summary>The ratio of two quantities of one kind, a pure number.</summary>
    public static double operator /(Hertz left, Hertz right) => left.Value / right.Value;

    public static bool operator <(Hertz left, Hertz right) => left.Value < right.Value;

    public static bool operator >(Hertz left, Hertz right) => left.Value > right.Value;

    public static bool operator <=(Hertz left, Hertz right) => left.Value <= right.Value;

    public static bool operator >=(Hertz left, Hertz right) => left.Value >= right.Value;

    public static Hertz Max(Hertz left, Hertz right) => new(Math.Max(left.Value, right.Value));

    public static Hertz Min(Hertz left, Hertz right) => new(Math.Min(left.Value, right.Value));

    public int CompareTo(Hertz other) => Value.CompareTo(other.Value);
}
