namespace Orrery.Operators;

/// <summary>How the tokens of a layer of experts find their way.</summary>
/// <param name="Experts">Experts of the whole layer.</param>
/// <param name="TopK">Experts each token goes to.</param>
/// <param name="Ranks">Ranks among which the experts are dealt.</param>
/// <param name="Skew">Exponent of the power law of tokens an expert, such as 1.2; 0 is an even spread.</param>
public readonly record struct ExpertRouting(int Experts, int TopK, int Ranks, double Skew = 0)
{
    /// <summary>
    /// Every token chooses its experts at random, as prompts of many users do: few tokens meet in fewer experts than an even spread would reach, and
    /// no two ranks get the same. Without effect under a power law.
    /// </summary>
    public bool IsRandom { get; init; }

    /// <summary>
    /// How unlike experts are in how often they are chosen at random: the Gini index of a log-logistic distribution, chance of an expert at quantile u
    /// proportional to (u / (1 - u))^index; 0 is all alike, below 1.
    /// </summary>
    public double Popularity { get; init; }

    /// <summary>
    /// How much more often than the average the experts of the busiest rank are chosen, such as 0.3; of random choices only, and without effect where
    /// one rank has all experts.
    /// </summary>
    public double Imbalance { get; init; }
}
