using System.Collections.Immutable;
using Orrery.Catalog;

namespace Orrery.Serving;

/// <summary>How sure an iteration's time is.</summary>
public static class ServingDoubt
{
    /// <summary>
    /// Standard deviation of the logarithm of an iteration's time, and where it comes from: the stack's residual where it was fitted on the chip's family
    /// and the class of models, else with the operators' own beside it; without a fit that of a new stack.
    /// </summary>
    /// <param name="fit">What the constants come from; null where nothing was fitted.</param>
    /// <param name="run">Its mean iteration is where operators are asked for their doubt.</param>
    public static (double Sigma, ImmutableArray<string> Provenance) Of(
        ServingStack stack, CalibrationFit? fit, string modelClass, ChipDescription chip, OperatorTimes times, ServingRun run) =>
        Of(stack, fit, modelClass, chip, times, (int)Math.Max(1, Math.Round(run.MeanDecoding)), (int)run.MeanContext);

    /// <summary>The same, with operators asked at a batch and a context.</summary>
    public static (double Sigma, ImmutableArray<string> Provenance) Of(
        ServingStack stack, CalibrationFit? fit, string modelClass, ChipDescription chip, OperatorTimes times, int batch, int context)
    {
        double operators = times.Sigma(batch, context);
        if (fit is null)
        {
            return (Math.Sqrt((operators * operators) + (stack.UnfittedSigma * stack.UnfittedSigma)),
                [$"{stack.Name}: constants of no fit (data/serving/constants.yaml); nothing was measured of it on {modelClass} models"]);
        }

        bool isOwn = fit.Operator == modelClass && (fit.Chips.Contains(chip.Id) || fit.Families.Contains(chip.Family));
        double sigma = isOwn ? fit.ResidualSigma : Math.Sqrt((fit.ResidualSigma * fit.ResidualSigma) + (operators * operators));
        string note = isOwn ? "" : $"; carried to {chip.Name} and {modelClass} models";
        return (sigma, [$"{stack.Name}: constants fitted on {fit.RowsFitted} rows of {string.Join(", ", fit.Source)}{note} (data/calibration/serving/{stack.Id}.yaml)"]);
    }

    /// <summary>
    /// Standard deviation of the logarithm of a mean time to the first token: what waits for an engine, and how a client begins, are less sure than its
    /// iterations. That of rows left out of the fit; that of iterations where the fit had no first token.
    /// </summary>
    /// <param name="fit">What the constants come from; null where nothing was fitted.</param>
    public static double OfFirstToken(ServingStack stack, CalibrationFit? fit) =>
        fit is null ? stack.UnfittedFirstTokenSigma : fit.FirstTokenSigma > 0 ? fit.FirstTokenSigma : fit.ResidualSigma;
}
