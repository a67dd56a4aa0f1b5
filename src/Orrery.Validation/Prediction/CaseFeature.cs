namespace Orrery.Validation.Prediction;

/// <summary>What words in a case's notes may say of its plan, in the order of the words that <c>data/validation/case-details.yaml</c> uses.</summary>
public enum CaseFeature : byte
{
    /// <summary>Tensor-parallel communication runs beside its products.</summary>
    OverlappedTensorParallel,

    /// <summary>Routed tokens beyond an expert's even share are dropped.</summary>
    DroppedTokens,
}
