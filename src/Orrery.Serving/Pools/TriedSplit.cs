namespace Orrery.Serving;

/// <summary>A way to split chips that was run, and how it did.</summary>
/// <param name="PromptChips">Chips of the pool of prompts; 0 where every engine works on prompts and answers.</param>
/// <param name="AnswerChips">Chips of the pool of answers, or all.</param>
/// <param name="PromptTensor">Tensor parallelism of the pool of prompts; 0 without one.</param>
/// <param name="AnswerTensor">Tensor parallelism of the pool of answers, or of all.</param>
/// <param name="TokenBudget">Most tokens of an iteration of engines that work on prompts.</param>
/// <param name="MaximumRate">Highest rate; 0 where none keeps the level.</param>
public sealed record TriedSplit(int PromptChips, int AnswerChips, int PromptTensor, int AnswerTensor, int TokenBudget, double MaximumRate);
