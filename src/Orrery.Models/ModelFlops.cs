namespace Orrery.Models;

/// <summary>What of the score matrix a FLOP count includes. Published figures differ; each source states or implies one.</summary>
public enum AttentionCounting : byte
{
    /// <summary>Only pairs that a causal model attends: half of the square.</summary>
    Once,

    /// <summary>The full square, whether or not half of it is masked (Megatron papers until 2023, PaLM's MFU, llm-foundry).</summary>
    Full,
}

/// <summary>
/// Useful FLOP of one sequence through the model, forward, without recomputation. Source of the form: arXiv:2001.08361 section 2.1 and
/// arXiv:2205.05198 appendix A, with true projection widths in place of 12 h^2.
/// </summary>
/// <param name="Linear">Projections, feed-forward, routers and the experts used, weights outside the layers: 2 FLOP a weight and row.</param>
/// <param name="Attention">Scores and weighted values, or the states of linear attention.</param>
/// <param name="Vocabulary">Output projection, once more for each multi-token-prediction module, with the head transform of an encoder, on the positions that reach the loss; and the pooler.</param>
public readonly record struct ModelFlops(double Linear, double Attention, double Vocabulary)
{
    /// <summary>Forward pass: Linear + Attention + Vocabulary.</summary>
    public double Forward => Linear + Attention + Vocabulary;

    /// <summary>Forward and backward pass: 3 times forward (input and weight gradients each cost one forward).</summary>
    public double Training => 3 * Forward;

    /// <summary>Forward and backward pass with every layer run forward again; the vocabulary projection is not recomputed.</summary>
    public double TrainingFullRecompute => Training + Linear + Attention;

    /// <summary>Forward and backward pass with the attention scores computed again.</summary>
    public double TrainingSelectiveRecompute => Training + Attention;

    /// <summary>
    /// Training where only small adapters learn: the weight gradients of frozen products are not computed, so 2 times forward, plus the
    /// attention scores' third.
    /// </summary>
    public double TrainingFrozen => (2 * Forward) + Attention;

    /// <summary>Counts one sequence.</summary>
    /// <param name="model">The architecture; its <see cref="ModelArchitecture.LossPositionFraction"/> scales the vocabulary projection.</param>
    /// <param name="sequence">Tokens of the sequence; 0 gives 0. Images and encoder texts beside it are the model's own.</param>
    /// <param name="counting">Once is what our reports state.</param>
    public static ModelFlops PerSequence(ModelArchitecture model, int sequence, AttentionCounting counting = AttentionCounting.Once)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        if (sequence == 0)
            return default;

        double linear = 0;
        double attention = 0;
        double predictions = 0;
        double tokens = sequence;
        int kinds = model.LayerKinds.Length;
        for (int kind = 0; kind < kinds; kind++)
        {
            int count = 0;
            foreach (byte layer in model.LayerOrder)
                count += layer == kind ? 1 : 0;
            LayerDescription description = model.LayerKinds[kind];
            linear += count * LayerFlops.Linear(description, model.Hidden, tokens);
            attention += count * LayerFlops.Attention(description, tokens, counting);
            predictions += description.IsPredictionModule ? count : 0;
        }

        foreach (SideBlock side in model.Sides)
            linear += 2.0 * side.Rows.Tokens(tokens) * side.MatmulWeights;

        double hidden = model.Hidden;
        double perLossPosition = hidden * model.Vocabulary;
        if (model.HasHeadTransform)
            perLossPosition += hidden * hidden;
        double vocabulary = 2 * perLossPosition * tokens * model.LossPositionFraction * (1 + predictions);
        if (model.HasPooler)
            vocabulary += 2 * hidden * hidden;
        return new ModelFlops(linear, attention, vocabulary);
    }
}
