namespace Orrery.Validation.Inference;

/// <summary>What was timed.</summary>
public enum InferenceMethod : byte
{
    /// <summary>Clients that wait for their answers.</summary>
    ClosedLoop,

    /// <summary>One batch alone.</summary>
    StaticBatch,

    /// <summary>All requests at once, for throughput.</summary>
    Offline,
}
