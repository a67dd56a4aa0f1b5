namespace Orrery.Serving;

/// <summary>Every sequence decodes in every iteration; what the token budget leaves is prefill, cut into chunks.</summary>
public sealed class MixedBatching : BatchingPolicy
{
    public override string Name => "mixed";

    public override string Meaning => "chunked prefill beside decodes, within a token budget";

    public override IterationShape Next(in BatchState state) => new(Math.Max(1, state.TokenBudget - state.DecodeTokens), Decodes: true, SplitsPrompts: true);
}
