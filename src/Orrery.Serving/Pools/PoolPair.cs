using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What a person asks of two pools: prompts are worked on in one, answers in the other, on one system or on two.</summary>
public sealed record PoolPair
{
    /// <summary>Chips, system, stack and degrees of the pool of prompts; its workload is that of the whole request.</summary>
    public required ServingRequest Prompts { get; init; }

    /// <summary>The same of answers.</summary>
    public required ServingRequest Answers { get; init; }

    /// <summary>When keys and values go; null is as the stack of answers does it.</summary>
    public KvMoment? Moment { get; init; }

    /// <summary>The first token is made by the pool of answers; null is as its stack does it.</summary>
    public bool? AnswersBegin { get; init; }

    /// <summary>Deals prompts that are done to engines of answers; null is the first of <see cref="Routers"/>.</summary>
    public Router? AnswerRouter { get; init; }

    /// <summary>What one chip moves into the level between the pools, in place of the systems' own rates.</summary>
    public BytesPerSecond? PortRate { get; init; }

    /// <summary>Chips of both pools.</summary>
    public int Chips => Prompts.Chips + Answers.Chips;

    /// <summary>True where both pools are parts of one system.</summary>
    public bool IsOneSystem => Prompts.System.Id == Answers.System.Id;
}
