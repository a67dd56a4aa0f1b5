using System.Collections.Immutable;
using Orrery.Units;

namespace Orrery.Serving;

/// <summary>What came of proposed tokens, of the host's memory and of classes of priority.</summary>
/// <param name="TokensPerIteration">Tokens that a sequence made in a decode iteration; null where none were proposed.</param>
/// <param name="HostHitShare">Prompt tokens that came from the host's memory over all prompt tokens; null where nothing is kept there.</param>
/// <param name="Swapped">Bytes of sequences that went to the host's memory, on all ranks; null where sequences are worked on again.</param>
/// <param name="Classes">Classes of priority, the first served first; empty where requests have none.</param>
public sealed record EngineFigures(double? TokensPerIteration, double? HostHitShare, Bytes? Swapped, ImmutableArray<ClassFigures> Classes)
{
    /// <summary>The figures of a run; those of classes, which are latencies, are left to the caller.</summary>
    public static EngineFigures Of(ServingRequest request, ServingRun run)
    {
        double prompts = 0;
        double atHost = 0;
        double swapped = 0;
        double iterations = 0;
        double tokens = 0;
        Add(run);
        if (run.Pools is { } pools)
            Add(pools.Prompts);
        HostMemory host = HostMemory.Of(request);
        bool hasPrefixes = run.Book.Trace.PrefixBlockTokens > 0;
        return new EngineFigures(
            request.Speculation is null || iterations <= 0 ? null : tokens / iterations,
            host is { IsUsed: true, KeepsPrompts: true } && hasPrefixes && prompts > 0 ? atHost / prompts : null,
            host is { IsUsed: true, Swaps: true } ? new Bytes(swapped) : null,
            []);

        void Add(ServingRun part)
        {
            foreach (Replica engine in part.Engines)
            {
                ReplicaStatistics statistics = engine.Statistics;
                prompts += statistics.PromptTokens;
                atHost += statistics.HostPrefixTokens;
                swapped += (double)statistics.SwappedOut * part.RanksPerEngine;
                iterations += statistics.SequenceIterations;
                tokens += statistics.DecodedTokens;
            }
        }
    }
}
