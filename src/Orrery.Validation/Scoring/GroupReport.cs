namespace Orrery.Validation.Scoring;

/// <summary>Errors of one publication or table.</summary>
/// <param name="Scored">Rows predicted.</param>
/// <param name="Fitted">Of those, rows a calibration saw.</param>
/// <param name="Skipped">Expressible rows not predicted.</param>
/// <param name="NotExpressible">Rows whose source leaves out an input; counted apart.</param>
/// <param name="Unseen">Figures over rows not fitted.</param>
/// <param name="All">Figures over every scored row.</param>
/// <param name="LeaveOneOut">Mean |error| when the row's model or configuration was left out of the fit; null where no calibration states it.</param>
public sealed record GroupReport(
    string Group, int Scored, int Fitted, int Skipped, int NotExpressible, ErrorFigures Unseen, ErrorFigures All, double? LeaveOneOut)
{
    /// <summary>Share of expressible rows that may be skipped before the group fails.</summary>
    public const double SkipTolerance = 0.05;

    /// <summary>Skipped over expressible rows; 0 where there are none.</summary>
    public double SkippedShare => Scored + Skipped == 0 ? 0 : (double)Skipped / (Scored + Skipped);

    /// <summary>More skipped than allowed.</summary>
    public bool HasTooManySkipped => SkippedShare > SkipTolerance;

    /// <summary>
    /// The baseline does better on all rows: the model is not worth its code here. Not asked of fewer than three rows, which one fitted number meets almost exactly.
    /// </summary>
    public bool IsBeatenByBaseline => All.Count >= 3 && All.BaselineMape is { } baseline && All.Mape is { } own && own > baseline;
}
