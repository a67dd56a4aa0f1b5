namespace Orrery.Catalog;

/// <summary>Standard deviation of log(measured/predicted) on rows that a fit of a stack (<c>step</c>, <c>experts</c>) was not fitted on.</summary>
public sealed record FitSpread(string Fit, double Sigma);
