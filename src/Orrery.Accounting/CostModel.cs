using Orrery.Catalog;
using Orrery.Units;

namespace Orrery.Accounting;

/// <summary>Money from chip-hours: a system's dated price, or one given.</summary>
public static class CostModel
{
    private const double SecondsPerHour = 3600;

    /// <summary>
    /// Cost of a job: <c>USD/h = price x chips</c>, <c>USD per million tokens = USD/h / (tokens/s x 3600) x 1e6</c>.
    /// </summary>
    /// <param name="system">Its first price is the default one.</param>
    /// <param name="chips">Chips the job holds, idle ones included.</param>
    /// <param name="tokensPerSecond">Of the whole job; 0 leaves the cost of a token unknown.</param>
    /// <param name="usdPerChipHour">A price to take instead; null for the system's.</param>
    public static CostOfRun Of(SystemDescription system, int chips, double tokensPerSecond, double? usdPerChipHour = null)
    {
        ArgumentNullException.ThrowIfNull(system);
        double tokensPerChipHour = chips > 0 ? tokensPerSecond * SecondsPerHour / chips : 0;
        (double? price, string mark, string source) = PriceOf(system, usdPerChipHour);
        if (price is not { } known)
            return new CostOfRun(null, null, mark, source, tokensPerChipHour);
        return new CostOfRun(known * chips, tokensPerChipHour > 0 ? known / tokensPerChipHour * 1e6 : null, mark, source, tokensPerChipHour);
    }

    /// <summary>Cost of the job over a time; null where no price is known.</summary>
    public static double? OfTime(CostOfRun cost, Seconds time) => cost.UsdPerHour is { } hourly ? hourly * time.Value / SecondsPerHour : null;

    private static (double? Price, string Mark, string Source) PriceOf(SystemDescription system, double? given)
    {
        if (given is { } price)
            return (price, "given", "given with the question");
        if (system.Prices.IsEmpty || system.Prices[0].UsdPerChipHour is not { } listed)
            return (null, "unknown", "");
        PriceReading reading = system.Prices[0];
        string source = reading.Date.Length > 0 ? $"{reading.Plan}, {reading.Source}, {reading.Date}" : $"{reading.Plan}, {reading.Source}";
        return (listed, reading.Mark.ToString().ToLowerInvariant(), source);
    }
}
