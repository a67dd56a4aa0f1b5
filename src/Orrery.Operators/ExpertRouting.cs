namespace Orrery.Operators;

/// <summary>How the tokens of a layer of experts find their way.</summary>
/// <param name="Experts">Experts of the whole layer.</param>
/// <param name="TopK">Experts each token goes to.</param>
/// <param name="Ranks">Ranks among which the experts are dealt.</param>
/// <param name="Skew">Exponent of the power law of tokens an expert, such as 1.2; 0 is an even spread.</param>
public readonly record struct ExpertRouting(int Experts, int TopK, int Ranks, double Skew = 0);
