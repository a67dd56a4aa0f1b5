using Orrery.Validation.Reading;

namespace Orrery.Validation.Scoring;

/// <summary>Predicts the time of one training step, in seconds.</summary>
public interface ITrainingPredictor
{
    /// <summary>The step time, or why this case cannot be predicted. Must be pure.</summary>
    Prediction Predict(TrainingCaseInputs inputs);
}
