namespace Orrery.Serving;

/// <summary>One prompt an iteration, cut to the tokens of an iteration, before decodes: engines with compiled shapes that work on long prompts in segments.</summary>
public sealed class OneChunkFirst : BatchingPolicy
{
    public override string Name => "one-chunk-first";

    public override string Meaning => "one prompt an iteration, in segments within the token budget, before decodes";

    public override IterationShape Next(in BatchState state) => new(state.TokenBudget, Decodes: false, SplitsPrompts: true, IsOfOnePrompt: true);
}
