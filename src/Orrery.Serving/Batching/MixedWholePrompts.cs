namespace Orrery.Serving;

/// <summary>Every sequence decodes in every iteration; beside them as many whole prompts as the token budget leaves room for.</summary>
public sealed class MixedWholePrompts : BatchingPolicy
{
    public override string Name => "mixed-whole";

    public override string Meaning => "whole prompts beside decodes, within a token budget";

    public override IterationShape Next(in BatchState state) => new(Math.Max(1, state.TokenBudget - state.DecodeTokens), Decodes: true, SplitsPrompts: false);
}
