using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What an engine does about proposed tokens, classes and the host's memory where nobody says.</summary>
/// <param name="DraftTokens">Tokens proposed in an iteration.</param>
/// <param name="Acceptance">Probability that a proposed token is accepted.</param>
/// <param name="Swaps">Sequences that lose their blocks are swapped out; otherwise they are worked on again.</param>
/// <param name="SwapSpace">Host memory of one chip for them.</param>
/// <param name="HostCache">Host memory of one chip for blocks of prompts that the device has no room for.</param>
/// <param name="Ageing">Waiting that makes up for one class of priority; 0 where classes are strict.</param>
public sealed record EngineDefaults(int DraftTokens, double Acceptance, bool Swaps, Bytes SwapSpace, Bytes HostCache, Seconds Ageing)
{
    /// <summary>An engine of which nothing is said: how many tokens to propose and how many are accepted has to be asked for, and nothing is kept at the host.</summary>
    public static EngineDefaults None { get; } = new(0, double.NaN, Swaps: false, default, default, default);
}
