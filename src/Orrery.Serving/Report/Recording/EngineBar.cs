namespace Orrery.Serving;

/// <summary>Iterations of one engine that ran one behind the other, told together.</summary>
/// <param name="Start">In ticks.</param>
/// <param name="End">In ticks; idle time between folded iterations is inside.</param>
/// <param name="Iterations">All of them.</param>
/// <param name="PromptIterations">Those that worked on prompts.</param>
/// <param name="PromptTokens">Tokens they worked on.</param>
/// <param name="Decoding">Sequences that generated, summed over iterations.</param>
public readonly record struct EngineBar(long Start, long End, long Iterations, long PromptIterations, long PromptTokens, long Decoding)
{
    /// <summary>Both, one behind the other.</summary>
    internal EngineBar With(in EngineBar next) => new(
        Start, next.End, Iterations + next.Iterations, PromptIterations + next.PromptIterations, PromptTokens + next.PromptTokens, Decoding + next.Decoding);
}
