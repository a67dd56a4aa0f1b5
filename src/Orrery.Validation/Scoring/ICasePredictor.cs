namespace Orrery.Validation.Scoring;

/// <summary>Predicts the primary metric of a case, in the metric's own unit.</summary>
/// <typeparam name="TCase">Kernel or memory cases; collectives and serving when they come.</typeparam>
public interface ICasePredictor<in TCase>
{
    /// <summary>The figure, or why this case cannot be predicted. Must be pure.</summary>
    Prediction Predict(TCase row);
}
