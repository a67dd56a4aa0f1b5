namespace Orrery.Chips.Gpu;

/// <summary>In what surroundings an operator runs.</summary>
/// <param name="IsCold">Other work has evicted operands from the last-level cache; false as in a benchmark that repeats one kernel.</param>
/// <param name="AttentionHasPasses">Attention includes the passes that rotate and store keys, as in inference tables; false where they are operators of their own.</param>
/// <param name="ProductHasQuantising">A product in 8 or 4 bits includes the pass that quantises its activations; false where they come quantised.</param>
/// <param name="Library">
/// Kernel library, as <c>data/calibration/operators.yaml</c> calls it: its rules and, where some are fitted, its constants hold. Empty is the one behind the
/// fitted operator tables.
/// </param>
public readonly record struct GpuModelOptions(bool IsCold, bool AttentionHasPasses, bool ProductHasQuantising, string Library = "")
{
    /// <summary>Inside a training step, whose casts are operators of their own (<c>OperatorKind.Quantise</c>).</summary>
    public static GpuModelOptions Training => new(true, false, false);

    /// <summary>Inside an iteration of a serving engine: other layers have evicted the cache, and each kernel comes with the passes around it.</summary>
    public static GpuModelOptions Serving => new(true, true, true);

    /// <summary>As published operator tables were measured.</summary>
    public static GpuModelOptions Benchmark => new(false, true, true);
}
