using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Predicts the memory of a training job.</summary>
public interface IMemoryPredictor
{
    /// <summary>Memory of the fullest rank, or why this job cannot be predicted. Must be pure.</summary>
    MemoryPrediction Predict(TrainingCaseInputs inputs);
}
