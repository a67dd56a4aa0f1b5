using Orrery.Fabric;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What is told of two pools beside the whole.</summary>
/// <param name="Prompts">Plan, use, energy and money of the pool of prompts; its latencies are those of the whole.</param>
/// <param name="Answers">The same of answers.</param>
/// <param name="Path">The way between them.</param>
/// <param name="Rules">How requests went through them.</param>
public sealed record PoolReport(ServingReport Prompts, ServingReport Answers, TransferPath Path, PoolRules Rules)
{
    /// <summary>Requests that were handed over.</summary>
    public required int Transfers { get; init; }

    /// <summary>Bytes of them all.</summary>
    public required Bytes Moved { get; init; }

    /// <summary>What the ports of one request's ranks send, and receive, in a second.</summary>
    public required BytesPerSecond SendRate { get; init; }

    /// <inheritdoc cref="SendRate"/>
    public required BytesPerSecond ReceiveRate { get; init; }

    /// <summary>Mean time from the end of a prompt until the pool of answers has room for it.</summary>
    public required Seconds WaitingForRoom { get; init; }

    /// <summary>Mean time from then until keys and values are there.</summary>
    public required Seconds Moving { get; init; }

    /// <summary>The longest of those.</summary>
    public required Seconds LongestMove { get; init; }

    /// <summary>Mean time between tokens in the pool of answers, from the end of the transfer on.</summary>
    public required Seconds PerTokenOfAnswers { get; init; }

    /// <summary>Share of the time in which ports of prompts sent.</summary>
    public required double Sending { get; init; }

    /// <summary>Share of the time in which ports of answers received.</summary>
    public required double Receiving { get; init; }
}
