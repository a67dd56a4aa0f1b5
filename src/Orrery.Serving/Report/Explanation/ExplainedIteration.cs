using System.Collections.Immutable;

namespace Orrery.Serving;

/// <summary>One iteration, taken apart.</summary>
/// <param name="Sequences">That generate.</param>
/// <param name="Context">Tokens of each of them.</param>
/// <param name="PromptTokens">Worked on beside them; 0 in an iteration without prompts.</param>
/// <param name="Shares">Where its time goes, with the constants of the stack.</param>
/// <param name="Operators">What the device does, before them, the longest first.</param>
public sealed record ExplainedIteration(int Sequences, int Context, int PromptTokens, TimeShares Shares, ImmutableArray<OperatorLine> Operators);
