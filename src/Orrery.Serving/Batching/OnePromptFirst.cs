namespace Orrery.Serving;

/// <summary>One whole prompt an iteration, before decodes: engines with compiled shapes, which know no mixed batches.</summary>
public sealed class OnePromptFirst : BatchingPolicy
{
    public override string Name => "one-prompt-first";

    public override string Meaning => "one whole prompt an iteration, before decodes, as engines with compiled shapes do";

    public override IterationShape Next(in BatchState state) => new(1, Decodes: false, SplitsPrompts: false);
}
