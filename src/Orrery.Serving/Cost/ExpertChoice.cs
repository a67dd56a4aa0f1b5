namespace Orrery.Serving;

/// <summary>How tokens of many users choose among the experts of a layer.</summary>
/// <param name="Skew">
/// How unlike experts are in how often they are chosen, as the Gini index of their shares: 0 is all alike. The larger, the fewer experts a batch reaches.
/// </param>
/// <param name="Imbalance">
/// How much more often than the average the experts of the busiest rank are chosen, beyond what skew and chance bring about; without effect where one
/// rank has all experts.
/// </param>
public readonly record struct ExpertChoice(double Skew, double Imbalance);
