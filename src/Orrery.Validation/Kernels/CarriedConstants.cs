namespace Orrery.Validation.Kernels;

/// <summary>How one operator of a chip is predicted with the constants of its nearest chip, its own data sheet and nothing fitted on it.</summary>
/// <param name="From">The chip whose constants are carried.</param>
/// <param name="To">The chip whose rows are predicted.</param>
/// <param name="Operator">Operator and number format; all of them together last.</param>
/// <param name="Rows">Rows that the fit of <paramref name="To"/> itself did not see.</param>
/// <param name="OwnMedian">Median absolute error with constants fitted on <paramref name="To"/>.</param>
/// <param name="Median">The same with the carried constants.</param>
/// <param name="OwnMean">Mean absolute error with constants fitted on <paramref name="To"/>.</param>
/// <param name="Mean">The same with the carried constants.</param>
/// <param name="Bias">Median signed error with the carried constants.</param>
public sealed record CarriedConstants(
    string From, string To, string Operator, int Rows, double OwnMedian, double Median, double OwnMean, double Mean, double Bias);
