namespace Orrery.Serving;

/// <summary>Prompts that wait go first, in iterations of their own; decodes stand still meanwhile.</summary>
public sealed class PrefillFirst : BatchingPolicy
{
    public override string Name => "prefill-first";

    public override string Meaning => "prefill in iterations of its own, before decodes";

    public override IterationShape Next(in BatchState state) => new(state.TokenBudget, Decodes: false, SplitsPrompts: true);
}
