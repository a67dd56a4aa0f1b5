using Orrery.Training;

namespace Orrery.Validation.Calibration;

/// <summary>One constant a fit may move, and where it applies.</summary>
/// <param name="Constant">Which.</param>
/// <param name="Stack">Stack it belongs to; empty is every stack of the recipe.</param>
/// <param name="Chip">Chip or chip family it belongs to; empty is every chip.</param>
public readonly record struct FreeConstant(StackConstant Constant, string Stack, string Chip)
{
    /// <summary><c>sustainedClock@gb200</c>.</summary>
    public override string ToString() =>
        StackConstants.NameOf(Constant) + (Chip.Length > 0 ? "@" + Chip : "") + (Stack.Length > 0 ? "/" + Stack : "");
}
