namespace Orrery.Serving;

/// <summary>
/// BurstGPT: <c>Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type</c>, times in seconds; its third file has <c>Session ID</c>, blank
/// where a request is no part of a conversation.
/// </summary>
/// <remarks>Source: github.com/HPMLL/BurstGPT, README of releases 1.1 and 2.0.</remarks>
public sealed class BurstGptTrace : TraceLayout
{
    public override string Name => "burstgpt";

    public override string[] Arrival { get; } = ["Timestamp"];

    public override string[] Input { get; } = ["Request tokens"];

    public override string[] Output { get; } = ["Response tokens"];

    public override string[] Conversation { get; } = ["Session ID", "SessionID"];
}
