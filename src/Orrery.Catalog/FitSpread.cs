namespace Orrery.Catalog;

/// <summary>One fit of a stack (<c>step</c>, <c>experts</c>): standard deviation of log(measured/predicted) on rows it was not fitted on, and how many it was fitted on.</summary>
public sealed record FitSpread(string Fit, double Sigma, int Rows);
