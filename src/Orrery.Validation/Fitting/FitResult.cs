using System.Collections.Immutable;

namespace Orrery.Validation.Fitting;

/// <summary>What a fit found.</summary>
/// <param name="Constants">Values in the order of the bounds, all inside them.</param>
/// <param name="AtLimit">True for a constant within a thousandth of its range from an end, in its search coordinate; false for one held fixed.</param>
/// <param name="Loss">Weighted mean of the robust loss over rows, in units of log error (see <see cref="BoundedFit"/>).</param>
/// <param name="Iterations">Accepted steps over all starts.</param>
/// <param name="Evaluations">Calls of the predictor.</param>
/// <param name="StartLosses">Final loss of each start: far apart means a rough landscape, and the best may not be the global one.</param>
public sealed record FitResult(
    ImmutableArray<double> Constants,
    ImmutableArray<bool> AtLimit,
    double Loss,
    int Iterations,
    int Evaluations,
    ImmutableArray<double> StartLosses);
