using Orrery.Training;

namespace Orrery.Cli.Verbs;

/// <summary>The words of flags and JSON for the choices of a <see cref="Plan"/>.</summary>
public static class PlanWords
{
    public static readonly string[] Recomputes = ["none", "selective", "full"];

    public static readonly string[] Balances = ["zigzag", "none"];

    public static readonly string[] Attentions = ["flash", "unfused"];

    public static readonly string[] OptimizerStates = ["fp32", "bf16", "8bit"];

    /// <summary>Parts of a layer, in the order of the bits of <see cref="Training.RecomputeModules"/>.</summary>
    public static readonly string[] RecomputeModules = ["attention", "mlp", "experts", "activation", "norm", "latent"];

    /// <summary>In the order of the bits of <see cref="Training.Offload"/>.</summary>
    public static readonly string[] Offloads = ["optimizer", "activations"];

    /// <summary>What a plan recomputes: one word, or its parts of a layer with commas between them.</summary>
    public static string RecomputeText(Recompute recompute, RecomputeModules modules) =>
        recompute == Recompute.Modules ? Text((int)modules, RecomputeModules) : Recomputes[(int)recompute];

    /// <summary>Words of the bits set, with commas between them; <c>none</c> where there are none.</summary>
    public static string Text(int bits, string[] words) =>
        bits == 0 ? "none" : string.Join(',', words.Where((_, index) => (bits & (1 << index)) != 0));

    /// <summary>Bits of the words in <paramref name="text"/>.</summary>
    public static int Bits(string? text, string[] words)
    {
        int bits = 0;
        foreach (string word in text?.Split(',') ?? [])
        {
            int index = Array.IndexOf(words, word);
            if (index >= 0)
                bits |= 1 << index;
        }

        return bits;
    }

    public static string Text(this OptimizerStates states) => OptimizerStates[(int)states];

    public static string Text(this AttentionKernel attention) => Attentions[(int)attention];
}
