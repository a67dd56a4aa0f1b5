using Orrery.Training;

namespace Orrery.Cli.Verbs;

/// <summary>The words of flags and JSON for the choices of a <see cref="Plan"/>.</summary>
public static class PlanWords
{
    public static readonly string[] Recomputes = ["none", "selective", "full"];

    public static readonly string[] Balances = ["zigzag", "none"];

    public static readonly string[] Attentions = ["flash", "unfused"];

    public static readonly string[] OptimizerStates = ["fp32", "bf16", "8bit"];

    public static string Text(this OptimizerStates states) => OptimizerStates[(int)states];

    public static string Text(this Recompute recompute) => Recomputes[(int)recompute];

    public static string Text(this AttentionKernel attention) => Attentions[(int)attention];
}
