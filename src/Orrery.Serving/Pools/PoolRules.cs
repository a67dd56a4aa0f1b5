namespace Orrery.Serving;

/// <summary>How requests go through two pools.</summary>
/// <param name="Moment">When keys and values go.</param>
/// <param name="AnswersBegin">The first token is made by the pool of answers.</param>
/// <param name="PromptRouter">Deals arriving requests to engines of prompts.</param>
/// <param name="AnswerRouter">Deals prompts that are done to engines of answers.</param>
/// <param name="PromptLanes">Engines of one replica of prompts: its pipeline stages.</param>
/// <param name="PromptGroups">Groups of ranks of a replica of prompts that each attend for a part of its sequences.</param>
/// <param name="AnswerLanes">The same of answers.</param>
/// <param name="AnswerGroups">The same of answers.</param>
public sealed record PoolRules(
    KvMoment Moment, bool AnswersBegin, Router PromptRouter, Router AnswerRouter, int PromptLanes = 1, int PromptGroups = 1, int AnswerLanes = 1, int AnswerGroups = 1);
