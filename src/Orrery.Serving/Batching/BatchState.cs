namespace Orrery.Serving;

/// <summary>What a batching policy sees before an iteration.</summary>
/// <param name="Decoding">Sequences that generate.</param>
/// <param name="Prefilling">Admitted requests whose prompt is not done.</param>
/// <param name="Waiting">Requests that arrived and were not admitted.</param>
/// <param name="TokenBudget">Most tokens of one iteration.</param>
/// <param name="DecodeTokens">Tokens that the sequences that generate take of an iteration: one each, or as many as are verified.</param>
public readonly record struct BatchState(int Decoding, int Prefilling, int Waiting, int TokenBudget, int DecodeTokens);
