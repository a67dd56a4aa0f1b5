namespace Orrery.Serving;

/// <summary>A batch runs to its end before the next is taken in.</summary>
public sealed class DecodeFirst : BatchingPolicy
{
    public override string Name => "decode-first";

    public override string Meaning => "a batch runs to its end before new requests are taken in";

    public override IterationShape Next(in BatchState state) => new(state.Decoding > 0 ? 0 : int.MaxValue / 4, Decodes: false, SplitsPrompts: false);
}
