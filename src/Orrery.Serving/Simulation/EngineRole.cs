namespace Orrery.Serving;

/// <summary>Which part of a request an engine works on.</summary>
public enum EngineRole : byte
{
    /// <summary>All of it.</summary>
    Whole,

    /// <summary>The prompt and the first token; the rest is handed over (<see cref="RequestFlow.HandOver"/>).</summary>
    Prompts,

    /// <summary>
    /// Tokens after the first: a request arrives with its prompt worked on elsewhere and waits for a place and blocks, not for prefill. One that is
    /// preempted here is worked on again here.
    /// </summary>
    Answers,
}
