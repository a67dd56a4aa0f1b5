namespace Orrery.Serving;

/// <summary>splitwise-sim: <c>request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size</c>, times in seconds.</summary>
/// <remarks>Source: github.com/Mutinifni/splitwise-sim, traces.</remarks>
public sealed class SplitwiseTrace : TraceLayout
{
    public override string Name => "splitwise";

    public override string[] Arrival { get; } = ["arrival_timestamp"];

    public override string[] Input { get; } = ["prompt_size"];

    public override string[] Output { get; } = ["token_size"];
}
