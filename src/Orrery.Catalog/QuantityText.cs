using Orrery.Units;

namespace Orrery.Catalog;

/// <summary>Prints a value of a kind known only at run time.</summary>
public static class QuantityText
{
    /// <summary><paramref name="value"/> in SI base units with its prefix and unit.</summary>
    public static string Of(double value, QuantityKind kind, int digits = 4) => kind switch
    {
        QuantityKind.Number => Quantity.FormatNumber(value, digits),
        QuantityKind.Data => Quantity.Format(new Bytes(value), digits),
        QuantityKind.DataRate => Quantity.Format(new BytesPerSecond(value), digits),
        QuantityKind.Work => Quantity.Format(new Flop(value), digits),
        QuantityKind.WorkRate => Quantity.Format(new FlopPerSecond(value), digits),
        QuantityKind.Frequency => Quantity.Format(new Hertz(value), digits),
        QuantityKind.Duration => Quantity.Format(new Seconds(value), digits),
        QuantityKind.Power => Quantity.Format(new Watts(value), digits),
        QuantityKind.Energy => Quantity.Format(new Joules(value), digits),
        QuantityKind.Money => Quantity.Format(new Dollars(value), digits),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of quantity"),
    };

    /// <summary>The kind a base unit belongs to: <c>1</c>, <c>B</c>, <c>B/s</c>, <c>FLOP</c>, <c>FLOP/s</c>, <c>Hz</c>, <c>s</c>, <c>W</c>, <c>J</c>, <c>USD</c>.</summary>
    public static bool TryKindOf(string symbol, out QuantityKind kind)
    {
        int index = Array.IndexOf(Symbols, symbol);
        kind = index < 0 ? default : (QuantityKind)index;
        return index >= 0;
    }

    /// <summary>Symbols of the base units, in the order of <see cref="QuantityKind"/>.</summary>
    public static IReadOnlyList<string> BaseUnits => Symbols;

    private static readonly string[] Symbols =
        ["1", Bytes.Symbol, BytesPerSecond.Symbol, Flop.Symbol, FlopPerSecond.Symbol, Hertz.Symbol, Seconds.Symbol, Watts.Symbol, Joules.Symbol, Dollars.Symbol];
}
