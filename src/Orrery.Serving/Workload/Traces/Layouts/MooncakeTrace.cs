namespace Orrery.Serving;

/// <summary>Mooncake: JSON lines with milliseconds, lengths and the hashes of the prompt's blocks of 512 tokens.</summary>
/// <remarks>Source: github.com/kvcache-ai/Mooncake, FAST25-release/traces.</remarks>
public sealed class MooncakeTrace : TraceLayout
{
    public override string Name => "mooncake";

    public override string[] Arrival { get; } = ["timestamp"];

    public override string[] Input { get; } = ["input_length"];

    public override string[] Output { get; } = ["output_length"];

    public override double TicksPerUnit => RequestTrace.TicksPerSecond / 1e3;

    public override bool IsJsonLines => true;

    public override string Blocks => "hash_ids";

    public override int BlockTokens => 512;
}
