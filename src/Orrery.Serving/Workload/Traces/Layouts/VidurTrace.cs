namespace Orrery.Serving;

/// <summary>Vidur: <c>num_prefill_tokens,num_decode_tokens</c> with <c>arrived_at</c> in seconds, or lengths alone, which take the rate of the question.</summary>
/// <remarks>Source: github.com/microsoft/vidur, data/processed_traces.</remarks>
public sealed class VidurTrace : TraceLayout
{
    public override string Name => "vidur";

    public override string[] Arrival { get; } = ["arrived_at"];

    public override bool NeedsArrival => false;

    public override string[] Input { get; } = ["num_prefill_tokens"];

    public override string[] Output { get; } = ["num_decode_tokens"];
}
