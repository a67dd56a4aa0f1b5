using Orrery.Training;

namespace Orrery.Validation.Calibration;

/// <summary>One measured step as a fit sees it.</summary>
/// <param name="Id">Row id.</param>
/// <param name="Group">Rows of one group are fitted or held out together (a model, a configuration).</param>
/// <param name="Stack">Id of the stack.</param>
/// <param name="Context">Prices the row's model and system; rows may share it.</param>
/// <param name="BaseValues">Constants before the fit, in file units.</param>
/// <param name="MeasuredStep">Seconds.</param>
public sealed record StackRow(string Id, string Group, string Stack, TrainingContext Context, Plan Plan, double[] BaseValues, double MeasuredStep)
{
    /// <summary>The plan under the second format an ambiguous source may mean: the step is the geometric mean of both; null where there is one reading.</summary>
    public Plan? Alternative { get; init; }

    /// <summary>Fold of the leave-one-out figure the row belongs to.</summary>
    public string Fold { get; init; } = "";
}
