namespace Orrery.Units;

/// <summary>One unit word and how many SI base units it is.</summary>
internal sealed class QuantityUnit(QuantityKind kind, string symbol, double scale)
{
    public QuantityKind Kind { get; } = kind;

    public string Symbol { get; } = symbol;

    public double Scale { get; } = scale;

    private const string Decimal = "kMGTPEZ";

    /// <summary>Every unit that can be read. A word belongs to one kind only, so a wrong kind can be named.</summary>
    public static QuantityUnit[] All { get; } = Build();

    private static QuantityUnit[] Build()
    {
        List<QuantityUnit> units = new(220)
        {
            new(QuantityKind.Number, "%", 0.01),
            new(QuantityKind.Duration, "s", 1),
            new(QuantityKind.Duration, "ms", 1e-3),
            new(QuantityKind.Duration, "us", 1e-6),
            new(QuantityKind.Duration, "\u00b5s", 1e-6),
            new(QuantityKind.Duration, "\u03bcs", 1e-6),
            new(QuantityKind.Duration, "ns", 1e-9),
            new(QuantityKind.Duration, "ps", 1e-12),
            new(QuantityKind.Duration, "min", 60),
            new(QuantityKind.Duration, "h", 3600),
            new(QuantityKind.Duration, "hours", 3600),
            new(QuantityKind.Duration, "d", 86400),
            new(QuantityKind.Duration, "day", 86400),
            new(QuantityKind.Duration, "days", 86400),
            new(QuantityKind.Power, "mW", 1e-3),
            new(QuantityKind.Energy, "mJ", 1e-3),
            new(QuantityKind.Energy, "uJ", 1e-6),
            new(QuantityKind.Energy, "nJ", 1e-9),
            new(QuantityKind.Energy, "pJ", 1e-12),
            new(QuantityKind.Energy, "Wh", 3600),
            new(QuantityKind.Energy, "kWh", 3.6e6),
            new(QuantityKind.Energy, "MWh", 3.6e9),
            new(QuantityKind.Energy, "GWh", 3.6e12),
            new(QuantityKind.Money, "USD", 1),
            new(QuantityKind.Money, "kUSD", 1e3),
            new(QuantityKind.Money, "MUSD", 1e6),
            new(QuantityKind.Money, "BUSD", 1e9),
            new(QuantityKind.Data, "bit", 0.125),
        };

        AddDecimal(units, QuantityKind.Data, "B", 1);
        AddDecimal(units, QuantityKind.DataRate, "B/s", 1);
        AddDecimal(units, QuantityKind.DataRate, "bps", 0.125);
        AddDecimal(units, QuantityKind.DataRate, "Bps", 1);
        AddDecimal(units, QuantityKind.DataRate, "b/s", 0.125);
        AddDecimal(units, QuantityKind.DataRate, "bit/s", 0.125);
        AddDecimal(units, QuantityKind.Work, "FLOP", 1);
        AddDecimal(units, QuantityKind.WorkRate, "FLOP/s", 1);
        AddDecimal(units, QuantityKind.WorkRate, "FLOPS", 1);
        AddDecimal(units, QuantityKind.WorkRate, "OPS", 1);
        AddDecimal(units, QuantityKind.Frequency, "Hz", 1);
        AddDecimal(units, QuantityKind.Power, "W", 1);
        AddDecimal(units, QuantityKind.Energy, "J", 1);
        AddBinary(units, QuantityKind.Data, "B");
        AddBinary(units, QuantityKind.DataRate, "B/s");
        return [.. units];
    }

    private static void AddDecimal(List<QuantityUnit> units, QuantityKind kind, string symbol, double scale)
    {
        units.Add(new(kind, symbol, scale));
        double factor = 1;
        foreach (char prefix in Decimal)
        {
            factor *= 1e3;
            units.Add(new(kind, prefix + symbol, factor * scale));
        }
    }

    private static void AddBinary(List<QuantityUnit> units, QuantityKind kind, string symbol)
    {
        double factor = 1;
        foreach (char prefix in Decimal)
        {
            factor *= 1024;
            units.Add(new(kind, $"{(prefix == 'k' ? 'K' : prefix)}i{symbol}", factor));
        }
    }
}
