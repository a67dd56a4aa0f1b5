namespace Orrery.Validation.Reading;

/// <summary>What is being trained.</summary>
public enum CaseTask : byte
{
    /// <summary>All weights, from random ones.</summary>
    Pretrain,

    /// <summary>All weights, from trained ones; the same work.</summary>
    FineTune,

    /// <summary>Small adapters beside frozen weights (LoRA): no weight gradients of the frozen products.</summary>
    LowRankAdapters,
}
