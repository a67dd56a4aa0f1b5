namespace Orrery.Serving;

/// <summary>What the next iteration may do.</summary>
/// <param name="PrefillTokens">Most prompt tokens; where no prompt can be worked on the iteration only decodes, whatever <paramref name="Decodes"/> says.</param>
/// <param name="Decodes">Sequences that generate take part beside prefill.</param>
/// <param name="SplitsPrompts">A prompt may be cut to fit the tokens.</param>
/// <param name="IsOfOnePrompt">No second prompt is worked on, though there were tokens for it.</param>
public readonly record struct IterationShape(int PrefillTokens, bool Decodes, bool SplitsPrompts, bool IsOfOnePrompt = false);
