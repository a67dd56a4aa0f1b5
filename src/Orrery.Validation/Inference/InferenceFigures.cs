using Orrery.Accounting;

namespace Orrery.Validation.Inference;

/// <summary>What a measured configuration gives by simulation; seconds and tokens a second.</summary>
/// <param name="PerToken">As the source defines it.</param>
/// <param name="CachePeak">Largest share of the cache in use; 0 where it does not matter.</param>
public readonly record struct InferenceFigures(double FirstToken, double PerToken, double OutputTokensPerSecond, double CachePeak = 0)
{
    /// <summary>Mean shares of a chip's units in use; null where only instants are simulated.</summary>
    public ChipActivity? Activity { get; init; }

    /// <summary>The same while prompts are worked on; null likewise.</summary>
    public ChipActivity? PromptActivity { get; init; }

    /// <summary>The same while answers are.</summary>
    public ChipActivity? AnswerActivity { get; init; }
}
