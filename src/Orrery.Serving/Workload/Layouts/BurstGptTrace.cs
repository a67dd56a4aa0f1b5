namespace Orrery.Serving;

/// <summary>BurstGPT: <c>Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type</c>, times in seconds.</summary>
/// <remarks>Source: github.com/HPMLL/BurstGPT, README.</remarks>
public sealed class BurstGptTrace : TraceLayout
{
    public override string Name => "burstgpt";

    public override string[] Arrival { get; } = ["Timestamp"];

    public override string[] Input { get; } = ["Request tokens"];

    public override string[] Output { get; } = ["Response tokens"];
}
