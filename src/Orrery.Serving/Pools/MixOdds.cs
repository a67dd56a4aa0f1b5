namespace Orrery.Serving;

/// <summary>How sure it is that a mix of systems serves more than the better of them alone.</summary>
/// <param name="Ratio">Requests for each kilowatt of the mix over those of the better alone, as predicted.</param>
/// <param name="Low">The tenth percentile of the ratio under the doubt of both systems.</param>
/// <param name="High">The ninetieth.</param>
/// <param name="Chance">Share of that doubt in which the mix serves more.</param>
public readonly record struct MixOdds(double Ratio, double Low, double High, double Chance);
