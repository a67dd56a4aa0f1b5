namespace Orrery.Accounting;

/// <summary>What a job costs by the hour and by the token.</summary>
/// <param name="UsdPerHour">The whole job; null where no price is known.</param>
/// <param name="UsdPerMillionTokens">Null where no price is known or no token is made.</param>
/// <param name="Mark"><c>given</c> on the command line, or the price's own mark: <c>stated</c>, <c>reported</c>, <c>assumed</c>... <c>unknown</c>.</param>
/// <param name="Source">Who says so and when; empty where unknown.</param>
/// <param name="BreakEvenTokensPerUsd">
/// Tokens that one dollar buys at one dollar a chip-hour. Divided by the tokens per dollar of another system it is the price of a chip-hour at
/// which the two cost the same.
/// </param>
public readonly record struct CostOfRun(double? UsdPerHour, double? UsdPerMillionTokens, string Mark, string Source, double BreakEvenTokensPerUsd)
{
    /// <summary>The price a chip-hour may have for a million tokens to cost <paramref name="usdPerMillionTokens"/>.</summary>
    public double BreakEvenUsdPerChipHour(double usdPerMillionTokens) => BreakEvenTokensPerUsd * usdPerMillionTokens / 1e6;
}
